//! An allocator that tells a counter what is asked of it.
#![allow(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::marker::PhantomData;

/// Is told of each call. It may not allocate.
pub trait Count {
    /// Counts bytes that were allocated and freed; `None` if there were none.
    fn count(allocated: Option<usize>, freed: Option<usize>);
}

/// The system's allocator, with a counter: to be a program's `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting<C>(PhantomData<fn(C)>);

impl<C> Counting<C> {
    /// Creates the allocator.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C> Default for Counting<C> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every call goes to the system's allocator with its own arguments; a counter does not allocate.
unsafe impl<C: Count> GlobalAlloc for Counting<C> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        C::count(Some(layout.size()), None);
        // SAFETY: the caller's layout, as it is.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        C::count(Some(layout.size()), None);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        C::count(None, Some(layout.size()));
        // SAFETY: the caller's pointer came from `alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        C::count(Some(size), Some(layout.size()));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
