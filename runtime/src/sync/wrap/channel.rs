//! A channel: how its messages are described, and the mailbox that an observer watches.

use std::fmt;
use std::sync::Arc;

use super::SendAttempt;
use crate::Envelope;
use crate::context::{ContextState, MessageContext};
use crate::envelope::Describe;
use crate::flow::{Waiting, record_send_failure};
use crate::observe::{Mailbox, MessageType, ReceiverMailbox, Unsent, call, is_observed, observer};
use crate::record::SendFailure;

/// The description of a channel's messages, and its mailbox if an observer watches it.
///
/// Both halves keep a clone. A sender starts each message with [`start`](Self::start). A receiver creates its
/// [`OpenMessage`](super::OpenMessage) or [`OpenMessages`](super::OpenMessages) from it. The mailbox counts the messages
/// that were sent and taken out. It is closed with the last of its receivers, and the messages that are left in it are lost.
///
/// A [`Describe`] alone creates a channel without a mailbox.
pub struct Channel<M> {
    pub(in crate::sync) describe: Describe<M>,
    mailbox: Option<Arc<Mailbox>>,
}

impl<M> Channel<M> {
    /// Creates the state of a new channel. The capacity of an unbounded channel is `None`.
    pub fn new(describe: Describe<M>, capacity: Option<usize>) -> Self {
        Self::opened(describe, capacity.unwrap_or(0), true)
    }

    /// Creates the state like [`new`](Self::new). An unbounded channel has the capacity 0.
    ///
    /// If the channel is shared, several threads may receive.
    pub(in crate::sync) fn opened(describe: Describe<M>, capacity: usize, is_shared: bool) -> Self {
        let mailbox = observer().map(|observer| {
            let mailbox = Arc::new(Mailbox::new(std::any::type_name::<M>(), capacity, is_shared));
            call(|| observer.opened(&mailbox));
            mailbox
        });
        Self { describe, mailbox }
    }

    pub(crate) fn mailbox(&self) -> Option<&Mailbox> {
        self.mailbox.as_deref()
    }

    /// Returns the mailbox as a receiver holds it.
    pub(super) fn receiver_mailbox(&self) -> Option<ReceiverMailbox> {
        self.mailbox.as_ref().map(ReceiverMailbox::new)
    }

    // ----- sending -----
    //
    // A message is counted once, before it can be taken out, and the count is taken back if it is not put in. There are two
    // ways. For a wrapped channel, `start` and `forward` count it when the attempt starts, and the end of the attempt takes it
    // back. The channels of this crate know when there is room: their `attempt` counts nothing, `count`, `put` and `try_put`
    // count the message at that moment, and `withdraw` takes it back.

    /// Starts to send a message, counts it in the mailbox, and returns its envelope.
    ///
    /// An attempt that fails or is dropped is no longer counted.
    #[inline]
    pub fn start(&self, message: M) -> (SendAttempt, Envelope<M>) {
        let mut attempt = self.attempt(&message);
        if is_observed() {
            self.follow(&mut attempt.waiting, &attempt.context, self.observed(&message));
        }
        let envelope = attempt.envelope(message);
        (attempt, envelope)
    }

    /// Starts to forward an envelope with the context that it has, and counts it in the mailbox.
    ///
    /// The recorded waiting time starts when the message was first sent. Call [`SendAttempt::sent`] when the envelope is in the channel.
    /// Otherwise drop the attempt. Its failure is not recorded, because a forwarded message was sent before.
    pub fn forward(&self, envelope: Envelope<M>) -> (SendAttempt, Envelope<M>) {
        let envelope = envelope.sent();
        let mut attempt = SendAttempt::captured();
        if self.mailbox.is_some() {
            self.follow(&mut attempt.waiting, envelope.message_context(), None);
        }
        (attempt, envelope)
    }

    /// Counts a message of an attempt, which is uncounted if the attempt fails.
    #[cold]
    fn follow(&self, waiting: &mut Waiting, context: &MessageContext, message: Option<MessageType>) {
        self.count(context);
        waiting.tell(message, self.mailbox.clone(), true);
    }

    #[inline]
    pub(in crate::sync) fn attempt(&self, message: &M) -> SendAttempt {
        SendAttempt::to(message, self.describe, self.mailbox.as_deref())
    }

    /// Notes that the attempt waits for room.
    #[cold]
    pub(in crate::sync) fn wait(&self, attempt: &mut SendAttempt, message: Option<MessageType>) {
        if message.is_some() {
            attempt.waiting.tell(message, self.mailbox.clone(), false);
        }
        attempt.wait();
    }

    /// Returns the description of a message for the observer, if there is one.
    pub(in crate::sync) fn observed(&self, message: &M) -> Option<MessageType> {
        observer().map(|_| self.describe.message_type(message))
    }

    /// Notes that a message was refused before it had an envelope.
    #[cold]
    pub(in crate::sync) fn refuse(&self, message: &M, failure: Unsent) {
        self.fail(self.attempt(message), message, failure);
    }

    /// Ends an attempt whose message is not sent.
    #[cold]
    pub(in crate::sync) fn fail(&self, attempt: SendAttempt, message: &M, failure: Unsent) {
        record_send_failure(match failure {
            Unsent::Full | Unsent::Timeout => SendFailure::MailboxFull,
            Unsent::Closed | Unsent::Cancelled => SendFailure::NotRunning,
        });
        let is_told = attempt.waiting.is_observed();
        attempt.waiting.end(Err(failure));
        if let (false, Some(observer), Some(message)) = (is_told, observer(), self.observed(message)) {
            call(|| observer.send_failed(message, self.mailbox.as_deref(), failure));
        }
    }

    /// Counts a message, and passes its envelope to `send`, which always accepts it.
    #[inline]
    pub(in crate::sync) fn put<R>(&self, envelope: Envelope<M>, send: impl FnOnce(Envelope<M>) -> R) -> R {
        self.count(envelope.message_context());
        send(envelope)
    }

    /// Counts a message, and passes its envelope to `send`, which may refuse it.
    #[inline]
    pub(in crate::sync) fn try_put<E>(
        &self,
        envelope: Envelope<M>,
        send: impl FnOnce(Envelope<M>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.put(envelope, send).inspect_err(|_| self.withdraw())
    }

    /// Counts messages that were lost, because this receiver lagged.
    #[doc(hidden)]
    pub fn lagged(&self, messages: u64) {
        if let (Some(mailbox), Some(observer)) = (&self.mailbox, observer()) {
            mailbox.take(messages);
            call(|| observer.lagged(mailbox, messages));
        }
    }

    /// Counts a message with this context before it is put in, so that every message that is taken out is counted.
    #[doc(hidden)]
    #[inline]
    pub fn count(&self, context: &MessageContext) {
        let Some(mailbox) = &self.mailbox else { return };
        // A sampled context has no room for the time. It has one by the recorder's clock.
        let is_sampled = matches!(context.state(), ContextState::Sampled(_));
        let now = || observer().filter(|_| is_sampled).map_or(0, |observer| call(|| observer.now()));
        mailbox.put(context.observed().unwrap_or_else(now));
    }

    /// Takes back the count of a message that was not put in.
    pub(in crate::sync) fn withdraw(&self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.withdraw();
        }
    }
}

impl<M> Clone for Channel<M> {
    fn clone(&self) -> Self {
        Self { describe: self.describe, mailbox: self.mailbox.clone() }
    }
}

/// A channel without an observer.
impl<M> From<Describe<M>> for Channel<M> {
    fn from(describe: Describe<M>) -> Self {
        Self { describe, mailbox: None }
    }
}

impl<M> From<&Self> for Channel<M> {
    fn from(channel: &Self) -> Self {
        channel.clone()
    }
}

/// The description alone, for a send that is counted later, by [`forward`](Channel::forward).
impl<M> From<&Channel<M>> for Describe<M> {
    fn from(channel: &Channel<M>) -> Self {
        channel.describe
    }
}

impl<M> fmt::Debug for Channel<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("mailbox", &self.mailbox).finish_non_exhaustive()
    }
}
