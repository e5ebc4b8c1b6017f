//! Whether this process is a child that a fork made: what was drawn ahead before the fork is then the parent's.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// The forks between the process that first asked and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Returns a number that is another one in a child that a fork made than it was in its parent.
///
/// It follows the forks that come after [`watch_forks`](watch). One relaxed load: what keeps the state of one process, such
/// as numbers that were drawn ahead, compares it with the number that it had before.
#[inline]
pub fn forks() -> u32 {
    FORKS.load(Relaxed)
}

/// Makes [`forks`] follow every fork from here on. Returns whether it does.
///
/// Takes no lock: a fork on another thread meanwhile would leave it locked in the child for ever. Two threads that come
/// here at once both register, and the number then grows by two, which is another one as well.
///
/// A child that is made past the C library (`_Fork`, or the system call itself) is not seen.
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
#[expect(
    unsafe_code,
    reason = "a function of the C library; nothing safe tells of a fork without a system call a draw"
)]
fn register() -> bool {
    /// Runs on the thread that forked, the only one in the child, before `fork` returns there.
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Relaxed);
    }
    // SAFETY: the handler is a function of this program for as long as it runs, takes nothing, does not unwind, and does
    // what a handler in a child of several threads may: it adds to an atomic. The other two handlers are left out.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) == 0 }
}

/// Nobody forks here, or there is no way to know.
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
