//! An allocator that counts what this thread asks of it, while it is asked to.
//!
//! While it does not count, it costs a relaxed load per call, to subject and baseline alike.

#![expect(unsafe_code, reason = "a global allocator is an unsafe trait; this one forwards to the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// To be a benchmark's `#[global_allocator]`.
pub struct Counting;

/// What a thread asked for.
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

/// Runs `work`; what this thread allocated meanwhile.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    SO_FAR.set(Allocations::default());
    COUNTING.store(true, Relaxed);
    let output = work();
    COUNTING.store(false, Relaxed);
    (output, SO_FAR.get())
}

fn note(count: u64, grown: usize, shrunk: usize) {
    if COUNTING.load(Relaxed) {
        // A thread that is ending has no count any more.
        let _ = SO_FAR.try_with(|so_far| {
            let Allocations { count: before, live } = so_far.get();
            let live = live + i64::try_from(grown).unwrap_or(0) - i64::try_from(shrunk).unwrap_or(0);
            so_far.set(Allocations { count: before + count, live });
        });
    }
}

// SAFETY: each method forwards to the system's allocator with the arguments that it was given; `note` touches a
// thread-local without destructor and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, 0, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
