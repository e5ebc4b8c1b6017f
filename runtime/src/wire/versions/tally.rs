//! Counts the messages that this thread has read from, or written in, a retired shape.
//!
//! Only types with retired shapes are counted. To learn about a single message, as a route of a rollout does, compare
//! the count before and after it.

use std::cell::Cell;

thread_local! {
    static SO_FAR: Cell<u64> = const { Cell::new(0) };
}

/// Returns the number of messages that this thread has read from a retired shape, or written in one.
///
/// ```
/// let before = traced_actor::wire::versions::conversions();
/// // … a message is decoded …
/// assert_eq!(traced_actor::wire::versions::conversions(), before, "it came in a current shape");
/// ```
#[inline]
pub fn conversions() -> u64 {
    SO_FAR.get()
}

/// Counts a message that was read from a retired shape, or written in one.
pub(super) fn count() {
    SO_FAR.set(SO_FAR.get().wrapping_add(1));
}
