//! Sends that wait for room, or fail: what a fan-out says of them.

use std::sync::Arc;

use super::active::ActiveSpan;
use super::capture::fanout_span;
use crate::context::Timestamp;

/// A send that found no room at once, and belongs to a fan-out if one is current. Boxed, because it is a part of every
/// send's future.
pub(crate) struct Waiting(Option<Box<(Arc<ActiveSpan>, Timestamp)>>);

impl Waiting {
    #[cold]
    pub(crate) fn start() -> Self {
        Self(fanout_span().map(|span| Box::new((span, Timestamp::now()))))
    }

    /// A send into a channel that has room or not.
    #[inline]
    pub(crate) fn if_full(full: bool) -> Self {
        if full { Self::start() } else { Self(None) }
    }

    /// A send that blocks while the channel is full.
    #[cfg(any(feature = "async-channel", feature = "flume"))]
    pub(crate) fn during<E>(full: bool, send: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let waiting = Self::if_full(full);
        let sent = send();
        waiting.end(sent.is_ok());
        sent
    }

    /// The message is in the mailbox, or it never will be.
    #[inline]
    pub(crate) fn end(self, sent: bool) {
        match self.0 {
            Some(waiting) => Self::waited(&waiting, sent),
            None if !sent => send_failed(),
            None => {}
        }
    }

    #[cold]
    fn waited((span, since): &(Arc<ActiveSpan>, Timestamp), sent: bool) {
        if sent {
            span.fanouts().waited(Timestamp::now().since(*since));
        } else {
            span.fanouts().failed();
        }
    }
}

/// A send failed without a wait.
#[cold]
pub(crate) fn send_failed() {
    if let Some(span) = fanout_span() {
        span.fanouts().failed();
    }
}
