//! The sending half.

use std::fmt;

use ::tokio::sync::broadcast;
use traced_actor::Message;
use traced_actor::sync::wrap::{BroadcastMessage, Describe};

use super::Receiver;
use super::error::SendError;
use super::subscribers::Subscribers;
use crate::reason::reason;

/// Sends messages to all subscribers, with the context that is current when `send` is called.
pub struct Sender<T> {
    inner: broadcast::Sender<BroadcastMessage<T>>,
    subscribers: Subscribers<T>,
}

impl<T> Sender<T> {
    pub(super) fn with(inner: broadcast::Sender<BroadcastMessage<T>>, subscribers: Subscribers<T>) -> Self {
        Self { inner, subscribers }
    }

    /// Creates a channel of annotated messages that has no subscriber yet.
    ///
    /// # Panics
    ///
    /// Panics if `capacity` is 0 or larger than `usize::MAX / 2`, like tokio's channel.
    #[track_caller]
    pub fn new(capacity: usize) -> Self
    where
        T: Message,
    {
        let subscribers = Subscribers::new(Describe::message(), capacity);
        Self::with(broadcast::Sender::new(capacity), subscribers)
    }

    /// Sends a message to all subscribers, and returns their number. It never waits.
    ///
    /// # Errors
    ///
    /// Returns the message if there is no subscriber.
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        let describe = self.subscribers.describe();
        let (attempt, copies) = BroadcastMessage::send(value, describe, self.inner.receiver_count());
        self.subscribers.count(&copies);
        attempt
            .finish(self.inner.send(copies), reason)
            .map_err(|SendError(copies)| SendError(copies.into_message()))
    }

    /// Returns a receiver for messages that are sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(self.inner.subscribe(), &self.subscribers)
    }

    /// Returns a sender that does not keep the channel open.
    #[must_use = "Downgrade creates a WeakSender without destroying the original non-weak sender."]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), subscribers: self.subscribers.clone() }
    }

    /// Returns the number of messages that at least one subscriber has not received yet.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Returns whether all subscribers have received all messages.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Returns the number of subscribers.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// Returns whether both send to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Waits until there is no subscriber.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: it loses nothing.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Returns the number of senders that keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Returns the number of weak senders.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

/// A [`Sender`] that does not keep the channel open. Returned by [`Sender::downgrade`].
pub struct WeakSender<T> {
    inner: broadcast::WeakSender<BroadcastMessage<T>>,
    subscribers: Subscribers<T>,
}

impl<T> WeakSender<T> {
    /// Returns a sender, if another sender still keeps the channel open.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.inner.upgrade().map(|inner| Sender::with(inner, self.subscribers.clone()))
    }

    /// Returns the number of senders that keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Returns the number of weak senders.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::with(self.inner.clone(), self.subscribers.clone())
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), subscribers: self.subscribers.clone() }
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
