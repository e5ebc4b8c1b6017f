//! The flag that this thread works for a request that one of our layers has already decided about.

use std::cell::Cell;

use traced_actor::context::MessageContext;

thread_local! {
    static IS_SERVING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether it does, and the request is unsampled. Then no layer below decides again, whatever the headers say.
pub(crate) fn is_unsampled() -> bool {
    IS_SERVING.get() && MessageContext::current().is_unsampled()
}

/// The thread works for such a request until this is dropped.
#[must_use = "if dropped immediately, it has no effect"]
pub(crate) struct Serving {
    before: bool,
}

impl Serving {
    /// Returns the guard. If the work is no such request, what this thread works for stays as it is.
    #[inline]
    pub(crate) fn enter(is_request: bool) -> Self {
        let before = IS_SERVING.get();
        IS_SERVING.set(before | is_request);
        Self { before }
    }
}

impl Drop for Serving {
    #[inline]
    fn drop(&mut self) {
        IS_SERVING.set(self.before);
    }
}
