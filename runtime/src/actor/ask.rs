//! An ask, as the observer sees it.

use crate::flow::current_handling;
use crate::observe::{AskEnd, HandlingId, Mailbox, call, observer};

/// An ask that has not ended. If it is dropped before it ends, it was cancelled.
pub(super) struct Ask(Option<HandlingId>);

impl Ask {
    pub(super) fn start(to: Option<&Mailbox>) -> Self {
        Self(observer().and_then(|observer| call(|| observer.asked(to, current_handling()))))
    }

    pub(super) fn end(mut self, end: AskEnd) {
        self.tell(end);
    }

    fn tell(&mut self, end: AskEnd) {
        if let (Some(ask), Some(observer)) = (self.0.take(), observer()) {
            call(|| observer.answered(ask, end));
        }
    }
}

impl Drop for Ask {
    fn drop(&mut self) {
        self.tell(AskEnd::Cancelled);
    }
}
