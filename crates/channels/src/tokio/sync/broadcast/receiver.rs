//! A subscriber.

use std::fmt;
use std::future::Future;

use ::tokio::sync::broadcast;
use traced_actor::Envelope;
use traced_actor::sync::wrap::{BroadcastMessage, Describe, OpenMessage, ReceiveMode};

use super::error::{RecvError, TryRecvError};

/// Receives a copy of each message that was sent since it subscribed, and opens the span of each that is sampled.
///
/// Every method that receives ends the message that this receiver gave out last; so does dropping it.
pub struct Receiver<T> {
    inner: broadcast::Receiver<BroadcastMessage<T>>,
    describe: Describe<T>,
    last: OpenMessage<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: broadcast::Receiver<BroadcastMessage<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe, last: OpenMessage::new(describe) }
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

    /// Returns whether all senders are gone.
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
    /// The last message ends at the future's first poll; the next one's span opens when it is there.
    ///
    /// # Errors
    ///
    /// When all senders are gone and nothing is left, or when this receiver lagged: so many messages are lost to it.
    ///
    /// # Cancel safety
    ///
    /// As tokio's: no message is lost when the future is dropped.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Result<T, RecvError>> {
        let inner = &mut self.inner;
        self.last.receive(async move { inner.recv().await.map(BroadcastMessage::into_envelope) })
    }

    /// Receives the next message, if it is there.
    ///
    /// # Errors
    ///
    /// When there is none, all senders are gone and nothing is left, or this receiver lagged.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.last.receive_now(ReceiveMode::Try, || self.inner.try_recv().map(BroadcastMessage::into_envelope))
    }

    /// Receives the next message, for a thread that is not asynchronous.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Panics
    ///
    /// In an asynchronous context.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        self.last.receive_now(ReceiveMode::Blocking, || {
            self.inner.blocking_recv().map(BroadcastMessage::into_envelope)
        })
    }

    /// Receives the next message in its envelope. Ends the last message, and opens no span.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub fn recv_envelope(&mut self) -> impl Future<Output = Result<Envelope<T>, RecvError>> {
        let inner = &mut self.inner;
        self.last.receive_envelope(async move { inner.recv().await.map(BroadcastMessage::into_envelope) })
    }

    /// Receives the next message in its envelope, if it is there. Ends the last message, and opens no span.
    ///
    /// # Errors
    ///
    /// As [`try_recv`](Self::try_recv).
    pub fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.last.receive_envelope_now(|| self.inner.try_recv().map(BroadcastMessage::into_envelope))
    }

    /// Returns another receiver, of what is sent from now on, with a last message of its own.
    #[must_use]
    pub fn resubscribe(&self) -> Self {
        Self::new(self.inner.resubscribe(), self.describe)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
