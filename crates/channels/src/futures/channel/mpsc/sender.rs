//! The sending halves.

use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::Hasher;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::mpsc;
use futures_sink::Sink;
use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, Describe, SendAttempt};

use super::{Receiver, SendError, TrySendError, UnboundedReceiver};
use crate::reason::{forwarded, reason, recorded};

/// Sends messages into a bounded channel, with the context that is current when a method is called.
pub struct Sender<T> {
    inner: mpsc::Sender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(inner: mpsc::Sender<Envelope<T>>, channel: Channel<T>) -> Self {
        Self { inner, channel }
    }

    // ----- sending -----

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is full or the receiver is dropped.
    pub fn try_send(&mut self, msg: T) -> Result<(), TrySendError<T>> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.try_send(envelope), reason).map_err(TrySendError::new)
    }

    /// Sends a message. Waits for room, and then until the channel is ready again. Replaces `SinkExt::send`.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped. The message is dropped.
    ///
    /// # Cancel safety
    ///
    /// The message is lost if the future is dropped before it completes.
    pub fn send(&mut self, item: T) -> impl Future<Output = Result<(), SendError>> {
        let feed = self.feeding(item);
        async move {
            let sender = feed.await?;
            poll_fn(|cx| Pin::new(&mut *sender).poll_flush(cx)).await
        }
    }

    /// Sends a message, waiting for room. Replaces `SinkExt::feed`.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped. The message is dropped.
    ///
    /// # Cancel safety
    ///
    /// The message is lost if the future is dropped before it completes.
    pub fn feed(&mut self, item: T) -> impl Future<Output = Result<(), SendError>> {
        let feed = self.feeding(item);
        async move { feed.await.map(drop) }
    }

    fn feeding(
        &mut self,
        item: T,
    ) -> impl Future<Output = Result<&mut mpsc::Sender<Envelope<T>>, SendError>> {
        // Here and not in the future, which may be polled while another span is current. It is counted when there is room.
        let (mut attempt, envelope) = SendAttempt::start(item, Describe::from(&self.channel));
        async move {
            let mut waits = false;
            let ready = poll_fn(|cx| {
                let ready = self.inner.poll_ready(cx);
                if ready.is_pending() && !std::mem::replace(&mut waits, true) {
                    attempt.wait();
                }
                ready
            });
            let sent = ready.await.and_then(|()| {
                let (counted, envelope) = self.channel.forward(envelope);
                forwarded(counted, self.inner.start_send(envelope))
            });
            attempt.finish(sent, reason).map(|()| &mut self.inner)
        }
    }

    /// Sends a message after [`poll_ready`](Self::poll_ready) returned that there is room.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is full or the receiver is dropped. The message is dropped.
    pub fn start_send(&mut self, msg: T) -> Result<(), SendError> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.start_send(envelope), reason)
    }

    /// Polls whether there is room for a message.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        recorded(self.inner.poll_ready(cx))
    }

    /// Forwards an envelope with its own context, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full or the receiver is dropped.
    pub fn try_send_envelope(
        &mut self,
        envelope: Envelope<T>,
    ) -> Result<(), mpsc::TrySendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.try_send(envelope))
    }

    // ----- the channel -----

    /// Returns whether the receiver is closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Closes the channel. No sender can send any more.
    pub fn close_channel(&mut self) {
        self.inner.close_channel();
    }

    /// Disconnects this sender. The channel closes when all senders are disconnected or dropped.
    pub fn disconnect(&mut self) {
        self.inner.disconnect();
    }

    /// Returns whether both senders send to the same receiver.
    pub fn same_receiver(&self, other: &Self) -> bool {
        self.inner.same_receiver(&other.inner)
    }

    /// Returns whether this sender sends to `receiver`.
    pub fn is_connected_to(&self, receiver: &Receiver<T>) -> bool {
        self.inner.is_connected_to(&receiver.inner)
    }

    /// Hashes the identity of the receiver.
    pub fn hash_receiver<H: Hasher>(&self, hasher: &mut H) {
        self.inner.hash_receiver(hasher);
    }
}

/// Sends messages into an unbounded channel, with the context that is current when a method is called.
pub struct UnboundedSender<T> {
    inner: mpsc::UnboundedSender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> UnboundedSender<T> {
    pub(super) fn new(inner: mpsc::UnboundedSender<Envelope<T>>, channel: Channel<T>) -> Self {
        Self { inner, channel }
    }

    // ----- sending -----

    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver is dropped.
    pub fn unbounded_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.unbounded_send(envelope), reason).map_err(TrySendError::new)
    }

    /// Sends a message without waiting. Replaces `SinkExt::send`. Captures the context when it is called.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped. The message is dropped.
    pub fn send(&mut self, item: T) -> impl Future<Output = Result<(), SendError>> + use<T> {
        std::future::ready(self.start_send(item))
    }

    /// Sends a message, like [`send`](Self::send). Replaces `SinkExt::feed`.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped. The message is dropped.
    pub fn feed(&mut self, item: T) -> impl Future<Output = Result<(), SendError>> + use<T> {
        self.send(item)
    }

    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped. The message is dropped.
    pub fn start_send(&mut self, msg: T) -> Result<(), SendError> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.start_send(envelope), reason)
    }

    /// Polls whether the channel is open.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is dropped.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        recorded(self.inner.poll_ready(cx))
    }

    /// Forwards an envelope with its own context.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the receiver is dropped.
    pub fn unbounded_send_envelope(
        &self,
        envelope: Envelope<T>,
    ) -> Result<(), mpsc::TrySendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.unbounded_send(envelope))
    }

    // ----- the channel -----

    /// Returns whether the receiver is closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Closes the channel. No sender can send any more.
    pub fn close_channel(&self) {
        self.inner.close_channel();
    }

    /// Disconnects this sender. The channel closes when all senders are disconnected or dropped.
    pub fn disconnect(&mut self) {
        self.inner.disconnect();
    }

    /// Returns whether both senders send to the same receiver.
    pub fn same_receiver(&self, other: &Self) -> bool {
        self.inner.same_receiver(&other.inner)
    }

    /// Returns whether this sender sends to `receiver`.
    pub fn is_connected_to(&self, receiver: &UnboundedReceiver<T>) -> bool {
        self.inner.is_connected_to(&receiver.inner)
    }

    /// Hashes the identity of the receiver.
    pub fn hash_receiver<H: Hasher>(&self, hasher: &mut H) {
        self.inner.hash_receiver(hasher);
    }

    /// Returns the number of waiting messages.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Returns whether no message is waiting.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

impl<T> Sink<T> for Sender<T> {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        recorded(self.inner.poll_ready(cx))
    }

    fn start_send(mut self: Pin<&mut Self>, msg: T) -> Result<(), SendError> {
        (*self).start_send(msg)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

impl<T> Sink<T> for UnboundedSender<T> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        recorded(self.inner.poll_ready(cx))
    }

    fn start_send(mut self: Pin<&mut Self>, msg: T) -> Result<(), SendError> {
        (*self).start_send(msg)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

impl<T> Sink<T> for &UnboundedSender<T> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        recorded(self.inner.poll_ready(cx))
    }

    fn start_send(self: Pin<&mut Self>, msg: T) -> Result<(), SendError> {
        self.unbounded_send(msg).map_err(TrySendError::into_send_error)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.close_channel();
        Poll::Ready(Ok(()))
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.channel.clone())
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.channel.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
