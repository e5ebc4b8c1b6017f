//! A library to be preloaded: the wall clock of one process can be set, and nobody else's is touched.
//!
//! The test compiles it by itself. It has no dependency.

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

#[repr(C)]
pub struct Timespec {
    seconds: i64,
    nanoseconds: c_long,
}

const REALTIME: c_int = 0;
#[cfg(target_arch = "x86_64")]
const CLOCK_GETTIME: c_long = 228;
#[cfg(target_arch = "aarch64")]
const CLOCK_GETTIME: c_long = 113;

static STEP: AtomicI64 = AtomicI64::new(0);

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

/// Stands in for the C library's.
///
/// # Safety
///
/// As the C library's: `time` points to room for a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    // SAFETY: the caller's promise; the kernel writes nothing where it fails.
    unsafe {
        let result = syscall(CLOCK_GETTIME, clock, time);
        if result == 0 && clock == REALTIME {
            (*time).seconds += STEP.load(Relaxed);
        }
        result as c_int
    }
}

/// Sets the wall clock on by this many seconds.
#[unsafe(no_mangle)]
pub extern "C" fn shim_step(seconds: i64) {
    STEP.fetch_add(seconds, Relaxed);
}
