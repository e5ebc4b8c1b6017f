//! The sending half.

use std::fmt;
use std::time::{Duration, Instant};

use super::r#async::{SendEnvelopeFut, SendFut, bare};
use super::{SendError, SendTimeoutError, TrySendError};
use crate::reason::{forwarded, reason};
use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, SendAttempt};

/// Sends messages with the context that is current when a method is called.
pub struct Sender<T> {
    pub(super) inner: ::flume::Sender<Envelope<T>>,
    pub(super) channel: Channel<T>,
}

impl<T> Sender<T> {
    /// Starts a send, which waits while there is no room.
    fn attempt(&self, message: T) -> (SendAttempt, Envelope<T>) {
        let (mut attempt, envelope) = self.channel.start(message);
        attempt.wait_if(self.is_full());
        (attempt, envelope)
    }

    // ----- sending -----

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is full or all receivers are dropped.
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.try_send(envelope), reason).map_err(|error| match error {
            TrySendError::Full(envelope) => TrySendError::Full(envelope.into_message()),
            TrySendError::Disconnected(envelope) => TrySendError::Disconnected(envelope.into_message()),
        })
    }

    /// Sends a message, blocking until there is room.
    ///
    /// # Errors
    ///
    /// Returns the message if all receivers are dropped.
    pub fn send(&self, msg: T) -> Result<(), SendError<T>> {
        let (attempt, envelope) = self.attempt(msg);
        attempt.finish(self.inner.send(envelope), reason).map_err(bare)
    }

    /// Sends a message, blocking for room until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// Returns the message if there is no room in time, or if all receivers are dropped.
    pub fn send_deadline(&self, msg: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        let (attempt, envelope) = self.attempt(msg);
        attempt.finish(self.inner.send_deadline(envelope, deadline), reason).map_err(bare_timeout)
    }

    /// Sends a message, blocking for room for at most `dur`.
    ///
    /// # Errors
    ///
    /// Returns the message if there is no room in time, or if all receivers are dropped.
    pub fn send_timeout(&self, msg: T, dur: Duration) -> Result<(), SendTimeoutError<T>> {
        let (attempt, envelope) = self.attempt(msg);
        attempt.finish(self.inner.send_timeout(envelope, dur), reason).map_err(bare_timeout)
    }

    /// Sends a message, waiting for room. The future returns the message if all receivers are dropped.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is lost, as in flume. To wait again, keep the future
    /// and poll it by `&mut`.
    pub fn send_async(&self, item: T) -> SendFut<'_, T> {
        let (attempt, envelope) = self.attempt(item);
        SendFut { inner: self.inner.send_async(envelope), attempt: Some(attempt) }
    }

    /// Takes the sender and works like [`send_async`](Self::send_async).
    pub fn into_send_async<'a>(self, item: T) -> SendFut<'a, T> {
        let (attempt, envelope) = self.attempt(item);
        SendFut { inner: self.inner.into_send_async(envelope), attempt: Some(attempt) }
    }

    /// Forwards an envelope with its own context, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full or all receivers are dropped.
    pub fn try_send_envelope(&self, envelope: Envelope<T>) -> Result<(), TrySendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.try_send(envelope))
    }

    /// Forwards an envelope with its own context, blocking until there is room.
    ///
    /// # Errors
    ///
    /// Returns the envelope if all receivers are dropped.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.send(envelope))
    }

    /// Forwards an envelope with its own context, waiting for room. Returns it if all receivers are dropped.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send_async`](Self::send_async).
    pub fn send_envelope_async(&self, envelope: Envelope<T>) -> SendEnvelopeFut<'_, T> {
        let (attempt, envelope) = self.channel.forward(envelope);
        SendEnvelopeFut { inner: self.inner.send_async(envelope), attempt: Some(attempt) }
    }

    // ----- the channel -----

    /// Returns whether all receivers are dropped.
    pub fn is_disconnected(&self) -> bool {
        self.inner.is_disconnected()
    }

    /// Returns whether no message is waiting. This is always true for a rendezvous channel.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Returns whether the channel is full. This is always true for a rendezvous channel.
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

    /// Returns the number of senders.
    pub fn sender_count(&self) -> usize {
        self.inner.sender_count()
    }

    /// Returns the number of receivers.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// Returns a sender that does not keep the channel connected.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), channel: self.channel.clone() }
    }

    /// Returns whether both send to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

/// A [`Sender`] that does not keep the channel connected. Returned by [`Sender::downgrade`].
pub struct WeakSender<T> {
    inner: ::flume::WeakSender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> WeakSender<T> {
    /// Returns a sender, if another sender still keeps the channel connected.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.inner.upgrade().map(|inner| Sender { inner, channel: self.channel.clone() })
    }
}

fn bare_timeout<T>(error: SendTimeoutError<Envelope<T>>) -> SendTimeoutError<T> {
    match error {
        SendTimeoutError::Timeout(envelope) => SendTimeoutError::Timeout(envelope.into_message()),
        SendTimeoutError::Disconnected(envelope) => SendTimeoutError::Disconnected(envelope.into_message()),
    }
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
