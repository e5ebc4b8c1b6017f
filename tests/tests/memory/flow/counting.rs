//! Shared counters of a test's threads.

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};

use traced_actor_tests::counting::Count;

pub(crate) struct Joined;

thread_local! {
    static JOINED: Cell<Option<&'static Counters>> = const { Cell::new(None) };
}

/// The allocations of the threads of one test.
#[derive(Default, Debug)]
pub(crate) struct Counters {
    live: AtomicIsize,
    allocations: AtomicUsize,
    spans: AtomicUsize,
}

impl Counters {
    /// Starts counting with this thread. The counters stay for the life of the process.
    pub(crate) fn start() -> &'static Self {
        let counters: &'static Self = Box::leak(Box::default());
        counters.join();
        counters
    }

    /// Counts this thread in.
    pub(crate) fn join(&'static self) {
        JOINED.set(Some(self));
    }

    /// Returns how many bytes are allocated and not freed.
    pub(crate) fn live(&self) -> isize {
        self.live.load(Relaxed)
    }

    /// Returns how often something was allocated.
    pub(crate) fn allocations(&self) -> usize {
        self.allocations.load(Relaxed)
    }

    /// Returns how many spans have ended.
    pub(crate) fn spans(&self) -> usize {
        self.spans.load(Relaxed)
    }
}

/// Counts a span that has ended on this thread.
pub(crate) fn count_span() {
    if let Some(counters) = JOINED.get() {
        counters.spans.fetch_add(1, Relaxed);
    }
}

impl Count for Joined {
    fn count(allocated: Option<usize>, freed: Option<usize>) {
        // A thread that is being torn down may have no counters any more.
        let Ok(Some(counters)) = JOINED.try_with(Cell::get) else { return };
        counters.allocations.fetch_add(usize::from(allocated.is_some()), Relaxed);
        let (allocated, freed) = (allocated.unwrap_or(0), freed.unwrap_or(0));
        counters.live.fetch_add(allocated.cast_signed() - freed.cast_signed(), Relaxed);
    }
}

#[test]
fn the_counters_count() {
    let counters = Counters::start();
    let (live, allocations) = (counters.live(), counters.allocations());
    let kept = std::hint::black_box(vec![1_u8; 1000]);
    assert_eq!((counters.live() - live, counters.allocations() - allocations), (1000, 1));
    drop(kept);
    assert_eq!((counters.live() - live, counters.allocations() - allocations), (0, 1));
}
