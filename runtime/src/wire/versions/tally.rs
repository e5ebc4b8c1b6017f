//! How many messages this thread read from, and wrote in, a retired shape.
//!
//! Only a type that has shapes comes here. Who wants to know of one message (a route of a
//! rollout) looks before it and after it.

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

/// A retired shape was read into today's, or written.
pub(super) fn count() {
    SO_FAR.set(SO_FAR.get().wrapping_add(1));
}
