//! Another process reads what this crate publishes, as a profiler does: by the symbol in the executable, the thread's pointer, and the memory of
//! the process. Nothing of the crate takes part in the reading.
//!
//! The reader stops each thread for a moment (`ptrace`), which the tests of a container may be denied: then they say so, or fail if
//! `REQUIRE_PTRACE` is set.

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
