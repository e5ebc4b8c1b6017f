//! Reads what this crate publishes from another process, as a profiler does: by the symbol in the executable, the thread
//! pointer, and the memory of the process. The reader uses no code of the crate.
//!
//! The reader stops each thread for a moment (`ptrace`), which a container may forbid. Then the tests print that they
//! are skipped, or fail if `REQUIRE_PTRACE` is set.

#[cfg(target_arch = "x86_64")]
mod elf;
#[cfg(target_arch = "x86_64")]
mod memory;
mod protobuf;
#[cfg(target_arch = "x86_64")]
mod reads;
#[cfg(target_arch = "x86_64")]
mod stopped;
mod subject;
