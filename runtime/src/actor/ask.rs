//! An ask, as the observer sees it.

use super::HandlerSpan;
use crate::flow::current_handling;
use crate::observe::{AskEnd, HandlingId, Known, Mailbox, MessageType, call, observer};

/// An ask that has not ended. If it is dropped before it ends, it was cancelled, or its message was not handled.
#[derive(Debug)]
pub struct Ask {
    number: Option<HandlingId>,
    dropped: AskEnd,
}

impl Ask {
    pub(super) fn start(to: Option<&Mailbox>) -> Self {
        let number = observer().and_then(|observer| call(|| observer.asked(to, current_handling())));
        Self { number, dropped: AskEnd::Cancelled }
    }

    /// Starts an ask that its message carries to an actor of a framework. Returns `None` if nobody observes it.
    #[inline]
    pub fn by_message(message: impl FnOnce() -> MessageType, known: Known) -> Option<Self> {
        let (observer, message) = (observer()?, message());
        let number = call(|| observer.asked_by_message(message, current_handling(), known))?;
        Some(Self { number: Some(number), dropped: AskEnd::NoReply })
    }

    /// Ends it.
    pub fn end(mut self, end: AskEnd) {
        self.tell(end);
    }

    /// Notes that its message is handled in this span. It ends with the span.
    pub fn taken(mut self, span: &HandlerSpan) {
        if let (Some(observer), Some(handling)) = (observer(), span.handling()) {
            self.number.take().into_iter().for_each(|ask| call(|| observer.taken(ask, handling)));
        }
    }

    fn tell(&mut self, end: AskEnd) {
        if let (Some(ask), Some(observer)) = (self.number.take(), observer()) {
            call(|| observer.answered(ask, end));
        }
    }
}

impl Drop for Ask {
    fn drop(&mut self) {
        self.tell(self.dropped);
    }
}
