//! An allocator that counts the allocations of this thread, while counting is on.
//!
//! While it does not count, it costs a relaxed load per call, to subject and baseline alike.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use traced_actor_tests::counting::{self, Count};

/// The `#[global_allocator]` of a benchmark.
pub type Counting = counting::Counting<OfThread>;

/// Counts for each thread on its own.
#[derive(Debug)]
pub struct OfThread;

/// The allocations of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// Calls of `alloc`, `alloc_zeroed` and `realloc`.
    pub count: u64,
    /// Bytes allocated, less bytes freed.
    pub live: i64,
}

static COUNTING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static SO_FAR: Cell<Allocations> = const { Cell::new(Allocations { count: 0, live: 0 }) };
}

/// Runs `work`, and returns the allocations of this thread meanwhile.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    SO_FAR.set(Allocations::default());
    COUNTING.store(true, Relaxed);
    let output = work();
    COUNTING.store(false, Relaxed);
    (output, SO_FAR.get())
}

impl Count for OfThread {
    #[inline]
    fn count(allocated: Option<usize>, freed: Option<usize>) {
        if COUNTING.load(Relaxed) {
            // A thread that is ending no longer has a count.
            let _ = SO_FAR.try_with(|so_far| {
                let Allocations { count: before, live } = so_far.get();
                let bytes = |bytes: Option<usize>| i64::try_from(bytes.unwrap_or(0)).unwrap_or(0);
                so_far.set(Allocations {
                    count: before + u64::from(allocated.is_some()),
                    live: live + bytes(allocated) - bytes(freed),
                });
            });
        }
    }
}
