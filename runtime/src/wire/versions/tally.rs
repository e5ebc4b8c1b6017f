//! Counts the messages that this thread has read from, or written in, a retired shape.
//!
//! Only types with retired shapes are counted. To learn about a single message, as a route of a rollout does, compare
//! the count before and after it.

use std::cell::Cell;

/// A number of conversions on this thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversions(u64);

thread_local! {
    static SO_FAR: Cell<u64> = const { Cell::new(0) };
}

impl Conversions {
    /// Returns the number of conversions on this thread so far.
    #[inline]
    pub fn so_far() -> Self {
        Self(SO_FAR.get())
    }
}

/// Counts a message that was read from a retired shape, or written in one.
pub(super) fn count() {
    SO_FAR.set(SO_FAR.get().wrapping_add(1));
}
