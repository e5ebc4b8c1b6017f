//! Sends that wait for room, or fail: what a fan-out says of them.

use std::sync::Arc;

use super::active::ActiveSpan;
use super::capture::fanout_span;
use crate::context::Timestamp;

/// A send that found no room at once, and belongs to a fan-out if one is current. Boxed, because it is a part of every
/// send's future.
pub(crate) struct Waiting(Option<Box<(Arc<ActiveSpan>, Timestamp)>>);

impl Waiting {
    /// A send that does not wait.
    pub(crate) const NONE: Self = Self(None);

    #[cold]
    pub(crate) fn start() -> Self {
        Self(fanout_span().map(|span| Box::new((span, Timestamp::now()))))
    }

    /// Returns whether it does not wait, or not in a fan-out.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The message is in the mailbox, or it never will be.
    #[inline]
    pub(crate) fn end(mut self, sent: bool) {
        match self.0.take() {
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

/// A message whose send is dropped while it waits is lost.
impl Drop for Waiting {
    #[inline]
    fn drop(&mut self) {
        if let Some(waiting) = self.0.take() {
            Self::waited(&waiting, false);
        }
    }
}

/// A send failed without a wait.
#[cold]
fn send_failed() {
    if let Some(span) = fanout_span() {
        span.fanouts().failed();
    }
}
