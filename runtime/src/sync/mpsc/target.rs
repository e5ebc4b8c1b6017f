//! The target of a sender's messages: their description, and the mailbox that an observer watches.

use std::sync::Arc;

use crate::Envelope;
use crate::context::{ContextState, MessageContext};
use crate::envelope::Describe;
use crate::flow::record_send_failure;
use crate::observe::{Mailbox, MessageType, Unsent, call, observer};
use crate::record::SendFailure;
use crate::sync::wrap::SendAttempt;

pub(super) struct Target<T> {
    pub(super) describe: Describe<T>,
    mailbox: Option<Arc<Mailbox>>,
}

impl<T> Target<T> {
    /// Creates a target whose mailbox is not observed.
    pub(super) const fn unobserved(describe: Describe<T>) -> Self {
        Self { describe, mailbox: None }
    }

    /// Creates the target of a new channel. An unbounded one has the capacity 0.
    pub(super) fn new(describe: Describe<T>, capacity: usize) -> Self {
        let mailbox = observer().map(|observer| {
            let mailbox = Arc::new(Mailbox::new(std::any::type_name::<T>(), capacity));
            call(|| observer.opened(&mailbox));
            mailbox
        });
        Self { describe, mailbox }
    }

    pub(super) fn mailbox(&self) -> Option<&Arc<Mailbox>> {
        self.mailbox.as_ref()
    }

    // ----- sending -----

    #[inline]
    pub(super) fn attempt(&self, message: &T) -> SendAttempt {
        SendAttempt::to(message, self.describe, self.mailbox.as_deref())
    }

    /// Notes that the attempt waits for room.
    #[cold]
    pub(super) fn wait(&self, attempt: &mut SendAttempt, message: Option<MessageType>) {
        if let Some(message) = message {
            attempt.waiting.tell(message, self.mailbox.clone());
        }
        attempt.wait();
    }

    /// Returns the description of a message for the observer, if there is one.
    pub(super) fn observed(&self, message: &T) -> Option<MessageType> {
        observer().map(|_| self.describe.message_type(message))
    }

    /// Notes that a message was refused before it had an envelope.
    #[cold]
    pub(super) fn refuse(&self, message: &T, failure: Unsent) {
        self.fail(self.attempt(message), message, failure);
    }

    /// Ends an attempt whose message is not sent.
    #[cold]
    pub(super) fn fail(&self, attempt: SendAttempt, message: &T, failure: Unsent) {
        record_send_failure(match failure {
            Unsent::Full | Unsent::Timeout => SendFailure::MailboxFull,
            Unsent::Closed | Unsent::Cancelled => SendFailure::NotRunning,
        });
        if attempt.fail(failure) {
            return;
        }
        if let (Some(observer), Some(message)) = (observer(), self.observed(message)) {
            call(|| observer.send_failed(message, self.mailbox.as_deref(), failure));
        }
    }

    /// Gives an envelope to the channel by `send`, which always takes it, and counts the message.
    #[inline]
    pub(super) fn put<R>(&self, envelope: Envelope<T>, send: impl FnOnce(Envelope<T>) -> R) -> R {
        let sent = self.time_of(envelope.message_context());
        let done = send(envelope);
        self.count(sent);
        done
    }

    /// Gives an envelope to the channel by `send`, and counts the message if the channel takes it.
    #[inline]
    pub(super) fn try_put<E>(
        &self,
        envelope: Envelope<T>,
        send: impl FnOnce(Envelope<T>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sent = self.time_of(envelope.message_context());
        send(envelope)?;
        self.count(sent);
        Ok(())
    }

    /// Returns the time of the send, for [`count`](Self::count). 0 if it is not known, or if the mailbox is not observed.
    #[inline]
    pub(super) fn time_of(&self, context: &MessageContext) -> u64 {
        // A sampled context has no room for the time. It has one by the recorder's clock.
        let is_sampled = || matches!(context.state(), ContextState::Sampled(_));
        let now = || observer().filter(|_| is_sampled()).map_or(0, |observer| call(|| observer.now()));
        if self.mailbox.is_none() { 0 } else { context.observed().unwrap_or_else(now) }
    }

    /// Counts a message that is in the mailbox now.
    #[inline]
    pub(super) fn count(&self, sent: u64) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.put(sent);
        }
    }
}

impl<T> Clone for Target<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self { describe: self.describe, mailbox: self.mailbox.clone() }
    }
}
