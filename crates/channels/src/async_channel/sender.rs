//! The sending half.

use std::fmt;
use std::future::Future;

use super::{SendError, TrySendError};
use crate::reason::{forwarded, reason};
use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, Describe, SendAttempt};

/// Sends messages with the context that is current when a method is called.
pub struct Sender<T> {
    pub(super) inner: ::async_channel::Sender<Envelope<T>>,
    pub(super) channel: Channel<T>,
}

impl<T> Sender<T> {
    // ----- sending -----

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is full or closed.
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.try_send(envelope), reason).map_err(|error| match error {
            TrySendError::Full(envelope) => TrySendError::Full(envelope.into_message()),
            TrySendError::Closed(envelope) => TrySendError::Closed(envelope.into_message()),
        })
    }

    /// Sends a message, waiting for room.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is lost, as in async-channel. To wait again, keep the
    /// future and poll it by `&mut`.
    pub fn send(&self, msg: T) -> impl Future<Output = Result<(), SendError<T>>> {
        let (mut attempt, envelope) = self.channel.start(msg);
        async move {
            attempt.wait_if(self.is_full());
            attempt.finish(self.inner.send(envelope).await, reason).map_err(bare)
        }
    }

    /// Sends a message, blocking until there is room.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is closed.
    #[cfg(not(target_family = "wasm"))]
    pub fn send_blocking(&self, msg: T) -> Result<(), SendError<T>> {
        let (mut attempt, envelope) = self.channel.start(msg);
        attempt.wait_if(self.is_full());
        attempt.finish(self.inner.send_blocking(envelope), reason).map_err(bare)
    }

    /// Sends a message. If the channel is full, it replaces a waiting message and returns that one.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is closed.
    pub fn force_send(&self, msg: T) -> Result<Option<T>, SendError<T>> {
        let (attempt, envelope) = SendAttempt::start(msg, Describe::from(&self.channel));
        let (counted, envelope) = self.channel.forward(envelope);
        let replaced = attempt.finish(self.inner.force_send(envelope), reason).map_err(bare)?;
        if replaced.is_none() {
            // Otherwise there are as many as before.
            counted.sent();
        }
        Ok(replaced.map(Envelope::into_message))
    }

    /// Forwards an envelope with its own context, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full or closed.
    pub fn try_send_envelope(&self, envelope: Envelope<T>) -> Result<(), TrySendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.try_send(envelope))
    }

    /// Forwards an envelope with its own context, waiting for room.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub fn send_envelope(
        &self,
        envelope: Envelope<T>,
    ) -> impl Future<Output = Result<(), SendError<Envelope<T>>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        async move { forwarded(attempt, self.inner.send(envelope).await) }
    }

    // ----- the channel -----

    /// Waits until all receivers are dropped.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: it loses nothing.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Closes the channel, and returns whether it was open. Messages that were sent can still be received.
    pub fn close(&self) -> bool {
        self.inner.close()
    }

    /// Returns whether the channel is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Returns whether no message is waiting.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Returns whether the channel is full.
    pub fn is_full(&self) -> bool {
        self.inner.is_full()
    }

    /// Returns the number of waiting messages.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Returns the capacity of the channel in messages, or `None` if it is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        self.inner.capacity()
    }

    /// Returns the number of receivers.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// Returns the number of senders.
    pub fn sender_count(&self) -> usize {
        self.inner.sender_count()
    }

    /// Returns a sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), channel: self.channel.clone() }
    }

    /// Returns whether both send to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

/// A [`Sender`] that does not keep the channel open. Returned by [`Sender::downgrade`].
pub struct WeakSender<T> {
    inner: ::async_channel::WeakSender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> WeakSender<T> {
    /// Returns a sender, if the channel is still open.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.inner.upgrade().map(|inner| Sender { inner, channel: self.channel.clone() })
    }
}

fn bare<T>(SendError(envelope): SendError<Envelope<T>>) -> SendError<T> {
    SendError(envelope.into_message())
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: self.channel.clone() }
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
