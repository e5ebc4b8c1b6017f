//! A subscriber.

use std::fmt;
use std::future::Future;

use ::tokio::sync::broadcast;
use traced_actor::Envelope;
use traced_actor::sync::wrap::{BroadcastMessage, OpenMessage, ReceiveMode};

use super::error::{RecvError, TryRecvError};
use super::subscribers::{Subscribers, Subscription};

/// Receives a copy of each message that was sent since it subscribed, and opens the span of each that is sampled.
///
/// Every method that receives ends the previous message of this receiver. So does dropping the receiver.
pub struct Receiver<T> {
    inner: broadcast::Receiver<BroadcastMessage<T>>,
    subscription: Subscription<T>,
    last: OpenMessage<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: broadcast::Receiver<BroadcastMessage<T>>, all: &Subscribers<T>) -> Self {
        let subscription = all.subscribe();
        Self { inner, last: OpenMessage::new(&subscription.channel), subscription }
    }

    /// Returns the number of messages that this receiver has not received yet.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Returns whether this receiver has received all messages.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Returns whether both receive from the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Returns whether all senders are dropped.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Returns the number of senders that keep the channel open.
    pub fn sender_strong_count(&self) -> usize {
        self.inner.sender_strong_count()
    }

    /// Returns the number of weak senders.
    pub fn sender_weak_count(&self) -> usize {
        self.inner.sender_weak_count()
    }
}

impl<T: Clone> Receiver<T> {
    /// Receives the next message.
    ///
    /// The previous message ends at the first poll of the future. The span of the next message opens when the message
    /// is received.
    ///
    /// # Errors
    ///
    /// Returns an error if no message is left and all senders are dropped. Also returns an error if this receiver
    /// lagged; it contains the number of messages that were lost.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped, as in tokio.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Result<T, RecvError>> {
        let (inner, subscription) = (&mut self.inner, &self.subscription);
        self.last.receive(async move { subscription.received(inner.recv().await) })
    }

    /// Receives the next message if one is waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if no message is waiting, if all senders are dropped and no message is left, or if this
    /// receiver lagged.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.last.receive_now(ReceiveMode::Try, || self.subscription.received(self.inner.try_recv()))
    }

    /// Receives the next message, blocking the thread. Use it outside of asynchronous code.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`recv`](Self::recv).
    ///
    /// # Panics
    ///
    /// Panics in an asynchronous context.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        self.last
            .receive_now(ReceiveMode::Blocking, || self.subscription.received(self.inner.blocking_recv()))
    }

    /// Receives the next message in its envelope. Ends the previous message and opens no span.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped.
    pub fn recv_envelope(&mut self) -> impl Future<Output = Result<Envelope<T>, RecvError>> {
        let (inner, subscription) = (&mut self.inner, &self.subscription);
        self.last.receive_envelope(async move { subscription.received(inner.recv().await) })
    }

    /// Receives the next message in its envelope if one is waiting. Ends the previous message and opens no span.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`try_recv`](Self::try_recv).
    pub fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.last.receive_envelope_now(|| self.subscription.received(self.inner.try_recv()))
    }

    /// Returns another receiver, for messages that are sent from now on.
    #[must_use]
    pub fn resubscribe(&self) -> Self {
        Self::new(self.inner.resubscribe(), &self.subscription.all)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
