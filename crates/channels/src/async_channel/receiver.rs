//! The receiving half.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::{RecvError, TryRecvError};
use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, OpenMessages, ReceiveMode};

pin_project! {
    /// Receives messages, and opens the span of each that is sampled.
    ///
    /// Every method that receives ends the previous message of this receiver in the same task or thread.
    ///
    /// It is also a [`Stream`]. Every call of `poll_next` ends the previous message. A combinator that polls ahead,
    /// such as `buffered`, ends a message while it is still being handled.
    pub struct Receiver<T> {
        #[pin]
        inner: ::async_channel::Receiver<Envelope<T>>,
        shared: OpenMessages<T>,
        channel: Channel<T>,
    }
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: ::async_channel::Receiver<Envelope<T>>, channel: &Channel<T>) -> Self {
        Self { inner, shared: OpenMessages::new(channel), channel: channel.clone() }
    }

    // ----- receiving -----

    /// Receives the next message if one is waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or empty and closed.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.shared.receive_now(ReceiveMode::Try, || self.inner.try_recv())
    }

    /// Receives the next message.
    ///
    /// The previous message ends at the first poll of the future. The span of the next message opens when the message
    /// is received.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and closed.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped, as in async-channel.
    #[track_caller]
    pub fn recv(&self) -> impl Future<Output = Result<T, RecvError>> {
        self.shared.receive(self.inner.recv())
    }

    /// Receives the next message, blocking until there is one.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and closed.
    #[cfg(not(target_family = "wasm"))]
    #[track_caller]
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        self.shared.receive_now(ReceiveMode::Blocking, || self.inner.recv_blocking())
    }

    // ----- receiving without a span -----

    /// Receives the next message in its envelope if one is waiting. Ends the previous message and opens no span.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or empty and closed.
    pub fn try_recv_envelope(&self) -> Result<Envelope<T>, TryRecvError> {
        self.shared.receive_envelope_now(|| self.inner.try_recv())
    }

    /// Receives the next message in its envelope. Ends the previous message and opens no span.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and closed.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped.
    pub fn recv_envelope(&self) -> impl Future<Output = Result<Envelope<T>, RecvError>> {
        self.shared.receive_envelope(self.inner.recv())
    }

    // ----- the channel -----

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

    /// Returns a receiver that does not keep the channel open.
    pub fn downgrade(&self) -> WeakReceiver<T> {
        WeakReceiver { inner: self.inner.downgrade(), channel: self.channel.clone() }
    }

    /// Returns whether both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    #[track_caller]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.project();
        this.shared.receive_now(ReceiveMode::Async, || this.inner.poll_next(cx))
    }
}

impl<T> FusedStream for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// A [`Receiver`] that does not keep the channel open. Returned by [`Receiver::downgrade`].
pub struct WeakReceiver<T> {
    inner: ::async_channel::WeakReceiver<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> WeakReceiver<T> {
    /// Returns a receiver, if the channel is still open. The receiver has no previous message.
    pub fn upgrade(&self) -> Option<Receiver<T>> {
        self.inner.upgrade().map(|inner| Receiver::new(inner, &self.channel))
    }
}

/// Clones the receiver, with its own last message. Each message of the channel goes to one of the clones.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: self.shared.another(), channel: self.channel.clone() }
    }
}

impl<T> Clone for WeakReceiver<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
