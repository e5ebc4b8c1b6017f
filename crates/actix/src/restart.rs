//! The number of restarts, and the flag that a supervisor is restarting an actor on this thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static RESTARTS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Returns how many traced actors were restarted by their [`Supervisor`](crate::Supervisor)s in this process.
pub fn restarts() -> u64 {
    RESTARTS.load(Relaxed)
}

pub(crate) fn is_running() -> bool {
    RUNNING.get()
}

/// Restarts an actor if `restart` returns true. Futures that are dropped meanwhile know the reason.
pub(crate) fn run(restart: impl FnOnce() -> bool) -> bool {
    struct Running(bool);

    impl Drop for Running {
        fn drop(&mut self) {
            RUNNING.set(self.0);
        }
    }

    let running = Running(RUNNING.replace(true));
    let restarted = restart();
    drop(running);
    if restarted {
        RESTARTS.fetch_add(1, Relaxed);
    }
    restarted
}
