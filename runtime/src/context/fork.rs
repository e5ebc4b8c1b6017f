//! Detects whether this process is a forked child. State that was prepared before the fork belongs to the parent.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// The number of forks between the process that called [`watch`] first and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Returns a number that differs between a process and its forked children.
///
/// It counts forks from the first call of [`watch_forks`](watch) on. Code that keeps the state of one process, such
/// as numbers that were drawn ahead, compares it with an earlier result to notice a fork. Costs one relaxed load.
#[inline]
pub fn forks() -> u32 {
    FORKS.load(Relaxed)
}

/// Makes [`forks`] count every later fork. Returns whether it does.
///
/// Takes no lock, since a fork on another thread would leave it locked in the child forever. If two threads call this
/// at once, both register. Each fork then increases the number by two, so the number still differs.
///
/// Forks that bypass the C library (`_Fork`, or the system call itself) are not counted.
#[cold]
pub fn watch() -> bool {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.load(Acquire) && register() {
        WATCHED.store(true, Release);
    }
    WATCHED.load(Relaxed)
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "illumos",
    target_os = "solaris",
))]
#[expect(unsafe_code, reason = "a function of the C library; nothing safe tells of a fork as cheaply")]
fn register() -> bool {
    /// Runs on the thread that forked, the only one in the child, before `fork` returns there.
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Relaxed);
    }
    // SAFETY: the handler is a function of this program, so it exists as long as the program runs. It takes nothing and
    // does not unwind. It only adds to an atomic, which a handler in the child of a multi-threaded process may do. The
    // other two handlers are left out.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) == 0 }
}

/// Targets without `fork`, or without a way to detect it.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "illumos",
    target_os = "solaris",
)))]
fn register() -> bool {
    true
}
