//! Sends that wait for room or fail, and what a fan-out and the observer record about them.

use std::sync::Arc;

use super::active::ActiveSpan;
use super::capture::{current_handling, current_span, fanout_span};
use crate::context::{MessageContext, Timestamp};
use crate::observe::{Mailbox, MessageType, Unsent, call, observer};
use crate::record::{Attribute, SendFailure};

/// A send that found no room at once, if it belongs to a fan-out or is observed.
///
/// It is boxed, because every send's future contains one.
pub(crate) struct Waiting(Option<Box<Wait>>);

#[derive(Default)]
struct Wait {
    fanout: Option<(Arc<ActiveSpan>, Timestamp)>,
    observed: Option<Observed>,
}

/// The data that the observer gets if the send waits or fails.
struct Observed {
    /// `None` if it is forwarded.
    message: Option<MessageType>,
    to: Option<Arc<Mailbox>>,
    /// Whether it is counted in the mailbox already.
    is_put: bool,
    /// The start of the wait, by the observer's clock. `None` until it waits.
    since: Option<u64>,
}

impl Waiting {
    /// A send that does not wait.
    pub(crate) const NONE: Self = Self(None);

    /// Notes that there is no room. Only the first call has an effect.
    #[cold]
    pub(crate) fn start(&mut self) {
        let fanout = fanout_span().map(|span| (span, Timestamp::now()));
        if let Some(wait) = &mut self.0 {
            wait.fanout = wait.fanout.take().or(fanout);
            if let (Some(observed), Some(observer)) = (&mut wait.observed, observer()) {
                observed.since.get_or_insert_with(|| call(|| observer.now()));
            }
        } else if fanout.is_some() {
            self.0 = Some(Box::new(Wait { fanout, observed: None }));
        }
    }

    /// Sets the data that the observer gets if the send waits or fails. A channel may have no mailbox.
    ///
    /// If `is_put`, the message is in the mailbox's count already, and is taken out of it if the send fails.
    #[cold]
    pub(crate) fn tell(&mut self, message: Option<MessageType>, to: Option<Arc<Mailbox>>, is_put: bool) {
        self.0.get_or_insert_default().observed = Some(Observed { message, to, is_put, since: None });
    }

    /// Returns whether it does not wait, or nobody records it.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Returns `true` if the observer is notified about its end.
    pub(crate) fn is_observed(&self) -> bool {
        self.0.as_ref().is_some_and(|wait| wait.observed.is_some())
    }

    /// Ends the send. The message is in the mailbox, or it was not sent for this reason.
    #[inline]
    pub(crate) fn end(mut self, sent: Result<(), Unsent>) {
        match self.0.take() {
            Some(waiting) => waiting.end(sent),
            None if sent.is_err() => send_failed(),
            None => {}
        }
    }
}

/// Tells the observer about a send, if there is one, and stores the time of the send.
#[inline]
pub(crate) fn observe_send(context: &mut MessageContext, message: MessageType, to: Option<&Mailbox>) {
    if let Some(observer) = observer() {
        context.observe(call(|| observer.sent(message, to, current_handling())));
    }
}

impl Wait {
    #[cold]
    fn end(self, sent: Result<(), Unsent>) {
        match &self.fanout {
            Some((span, since)) if sent.is_ok() => span.fanouts().waited(Timestamp::now().since(*since)),
            Some((span, _)) => span.fanouts().failed(),
            None if matches!(sent, Err(failure) if failure != Unsent::Cancelled) => send_failed(),
            None => {}
        }
        let Some(Observed { message, to, is_put, since }) = self.observed else { return };
        if let (true, Err(_), Some(to)) = (is_put, sent, &to) {
            to.withdraw();
        }
        let (Some(message), Some(observer)) = (message, observer()) else { return };
        call(|| match sent {
            Ok(()) => since.into_iter().for_each(|since| observer.send_waited(message, to.as_deref(), since)),
            Err(failure) => observer.send_failed(message, to.as_deref(), failure),
        });
    }
}

/// Records a send that is dropped while it waits. Its message is lost.
impl Drop for Waiting {
    #[inline]
    fn drop(&mut self) {
        if let Some(waiting) = self.0.take() {
            waiting.end(Err(Unsent::Cancelled));
        }
    }
}

/// Counts a send or a call that failed, and records it on the sender's span.
#[cold]
pub(crate) fn record_send_failure(failure: SendFailure) {
    record_send_failure_on(current_span().as_deref(), failure);
}

/// Counts a send or a call that failed, and records it on this span.
pub(crate) fn record_send_failure_on(span: Option<&ActiveSpan>, failure: SendFailure) {
    failure.count();
    if let Some(span) = span {
        span.set_attribute("error.type", Attribute::Static(failure.error_type()));
    }
}

/// Counts a send that failed without a wait, if it belongs to a fan-out.
#[cold]
fn send_failed() {
    if let Some(span) = fanout_span() {
        span.fanouts().failed();
    }
}
