//! An attempt to send a message: its context, its wait for room, and its end.

use std::fmt;
use std::mem;

use crate::Envelope;
use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{Waiting, capture, observe_send, record_send_failure};
use crate::observe::{Mailbox, Unsent, is_observed};
use crate::record::SendFailure;

/// An attempt to send a message.
///
/// [`start`](Self::start) captures the sender's current context, and wraps the message with it. If a
/// [`fanout`](crate::fanout()) is running, it also counts a recipient. [`wait`](Self::wait) records a wait for room. [`sent`](Self::sent), [`failed`](Self::failed) or [`finish`](Self::finish) ends the attempt.
///
/// A failure is recorded as `error.type` on the sender's current span, and [counted](SendFailure::count). The span's
/// status does not change, since a sender that continues has not failed.
///
/// A fan-out's span records failures and waits by these rules, which are the same for every channel:
///
/// * Every attempt counts as a recipient, even if it finds no room and does not wait.
/// * Every failed attempt counts as an error, whether the channel was closed, the channel was full, or the time ran
///   out.
/// * An attempt that is dropped while it waits counts as an error, since nobody receives the message.
/// * An envelope that is [forwarded](super::Channel::forward) is not an attempt, since it was sent before.
///
/// # Cost
///
/// Takes sixteen bytes. Allocates for the context of a sampled message, for a wait in a fan-out, and if an observer is installed.
#[must_use = "an attempt ends with `sent`, `failed` or `finish`"]
pub struct SendAttempt {
    pub(in crate::sync) context: MessageContext,
    pub(in crate::sync) waiting: Waiting,
}

// A part of the future of every send.
const _: () = assert!(size_of::<SendAttempt>() == 16);

impl SendAttempt {
    /// Starts to send a message to a mailbox that may be observed, and captures the current context.
    #[inline]
    pub(crate) fn to<M>(message: &M, describe: Describe<M>, mailbox: Option<&Mailbox>) -> Self {
        let context = capture(|| describe.kind(message));
        let context = if is_observed() { observed(context, message, describe, mailbox) } else { context };
        Self { context, waiting: Waiting::NONE }
    }

    /// Starts to send a message, captures the current context, and returns the message's envelope.
    ///
    /// Call this in the method that takes the message, and not in the future that it returns. That future may be
    /// polled while another span is current. A channel with a mailbox calls [`Channel::start`](super::Channel::start).
    #[inline]
    pub fn start<M>(message: M, describe: Describe<M>) -> (Self, Envelope<M>) {
        let mut attempt = Self::to(&message, describe, None);
        if is_observed() {
            attempt.waiting.tell(Some(describe.message_type(&message)), None, false);
        }
        let envelope = attempt.envelope(message);
        (attempt, envelope)
    }

    /// Returns the envelope to put into the channel.
    ///
    /// Call it once for each attempt. Envelopes of later calls have no context.
    #[inline]
    pub(crate) fn envelope<M>(&mut self, message: M) -> Envelope<M> {
        Envelope::carrying(message, mem::replace(&mut self.context, MessageContext::ABSENT))
    }

    /// Creates an attempt whose context was captured elsewhere.
    pub(super) const fn captured() -> Self {
        Self { context: MessageContext::ABSENT, waiting: Waiting::NONE }
    }

    /// Returns the envelope of an attempt that did not wait and cannot fail, because there is room.
    ///
    /// Otherwise like [`envelope`](Self::envelope).
    #[inline]
    pub(crate) fn sealed<M>(self, message: M) -> Envelope<M> {
        let Self { context, waiting } = self;
        mem::forget(waiting);
        Envelope::carrying(message, context)
    }

    /// Records that there is no room now, and that the attempt waits.
    #[cold]
    pub fn wait(&mut self) {
        self.waiting.start();
    }

    /// Records a wait, as [`wait`](Self::wait) does, if `full` is true. Otherwise does nothing.
    #[inline]
    pub fn wait_if(&mut self, full: bool) {
        if full {
            self.wait();
        }
    }

    /// Ends the attempt by the result of the channel's own send, and returns that result.
    ///
    /// `reason` returns why the send failed: [`MailboxFull`](SendFailure::MailboxFull) (also if the time-out of a wait
    /// expired), [`NotRunning`](SendFailure::NotRunning), or `None` for anything else.
    ///
    /// # Errors
    ///
    /// Returns the error of `sent`.
    #[inline]
    pub fn finish<T, E, F>(self, sent: Result<T, E>, reason: impl FnOnce(&E) -> F) -> Result<T, E>
    where
        F: Into<Option<SendFailure>>,
    {
        match &sent {
            Ok(_) => self.sent(),
            Err(error) => self.failed(reason(error)),
        }
        sent
    }

    /// Ends the attempt with success: the message is in the channel.
    #[inline]
    pub fn sent(self) {
        if !self.waiting.is_none() {
            self.waiting.end(Ok(()));
        }
    }

    /// Ends the attempt with a failure: the message will not be in the channel.
    #[cold]
    pub fn failed(self, failure: impl Into<Option<SendFailure>>) {
        let failure = failure.into();
        if let Some(failure) = failure {
            record_send_failure(failure);
        }
        let is_full = failure == Some(SendFailure::MailboxFull);
        self.waiting.end(Err(if is_full { Unsent::Full } else { Unsent::Closed }));
    }
}

/// Tells the observer about a send.
#[cold]
#[inline(never)]
fn observed<M>(
    mut context: MessageContext,
    message: &M,
    describe: Describe<M>,
    mailbox: Option<&Mailbox>,
) -> MessageContext {
    observe_send(&mut context, describe.message_type(message), mailbox);
    context
}

impl fmt::Debug for SendAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendAttempt")
    }
}
