//! The unbounded channel.

use std::fmt;
use std::future::Future;
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;

use super::bounded::bare;
use super::error::{SendError, TryRecvError};
use super::rx::Rx;
use crate::envelope::Describe;
use crate::observe::Unsent;
use crate::sync::wrap::Channel;
use crate::{Envelope, Message};

/// Creates an unbounded channel for a type with `#[traced_actor]`, like [`tokio::sync::mpsc::unbounded_channel`].
pub fn unbounded_channel<T: Message>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    described(Describe::message())
}

/// Creates an unbounded channel for messages of any type. Their kind is the type's name.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use traced_actor::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::unbounded_channel_named_by_type();
/// sender.send("hello").unwrap();
/// assert_eq!(receiver.recv().await, Some("hello"));
/// # }
/// ```
pub fn unbounded_channel_named_by_type<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    described(Describe::type_name())
}

pub(super) fn described<T>(describe: Describe<T>) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = tokio_mpsc::unbounded_channel();
    let channel = Channel::opened(describe, 0, false);
    let receiver = UnboundedReceiver { rx: Rx::new(receiver, &channel) };
    (UnboundedSender { inner: sender, channel }, receiver)
}

/// Sends messages with the trace context of the span that the sending task is working on.
///
/// See [`Sender`](super::Sender).
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct UnboundedSender<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    pub(super) inner: tokio_mpsc::UnboundedSender<Envelope<T>>,
    pub(super) channel: Channel<T>,
}

impl<T> UnboundedSender<T> {
    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver was closed or dropped.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut attempt = self.channel.attempt(&message);
        match self.channel.try_put(attempt.envelope(message), |envelope| self.inner.send(envelope)) {
            Ok(()) => {
                attempt.sent();
                Ok(())
            }
            Err(error) => {
                let SendError(message) = bare(error);
                self.channel.fail(attempt, &message, Unsent::Closed);
                Err(SendError(message))
            }
        }
    }

    /// Forwards an envelope with the context that it has.
    ///
    /// The recorded waiting time starts when the message was first sent.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the receiver was closed or dropped.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        self.channel.try_put(envelope, |envelope| self.inner.send(envelope.sent()))
    }

    /// Waits until the receiver is closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Once the channel is closed, it stays closed.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Returns whether the receiver was closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Returns whether both senders belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Returns the number of strong senders, which keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Returns the number of weak senders.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

/// Receives messages, and opens a span for each one that is sampled.
///
/// See [`Receiver`](super::Receiver).
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct UnboundedReceiver<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    pub(super) rx: Rx<tokio_mpsc::UnboundedReceiver<Envelope<T>>, T>,
}

impl<T> UnboundedReceiver<T> {
    // ----- receiving -----

    /// Receives the next message. Returns `None` if the channel is closed and empty.
    ///
    /// See [`Receiver::recv`](super::Receiver::recv).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
    #[inline]
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        self.rx.recv()
    }

    /// Receives up to `limit` messages, appends them to `buffer`, and returns how many.
    ///
    /// Returns 0 only if `limit` is 0, or if the channel is closed and empty. See
    /// [`Receiver::recv_many`](super::Receiver::recv_many).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
    #[track_caller]
    pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
        self.rx.recv_many(buffer, limit)
    }

    /// Receives the next message if one is queued.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or if it is closed and empty.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// Receives the next message, blocking the thread. For code that is not asynchronous.
    ///
    /// Returns `None` if the channel is closed and empty. See
    /// [`Receiver::blocking_recv`](super::Receiver::blocking_recv).
    ///
    /// # Panics
    ///
    /// Panics if called in an asynchronous context.
    #[track_caller]
    #[doc(alias = "recv_blocking")]
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.rx.blocking_recv()
    }

    /// Receives up to `limit` messages like [`recv_many`](Self::recv_many), blocking the thread.
    ///
    /// # Panics
    ///
    /// Panics if called in an asynchronous context.
    #[track_caller]
    #[doc(alias = "recv_many_blocking")]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.rx.blocking_recv_many(buffer, limit)
    }

    /// Polls for the next message. Every call ends the span of the last message.
    ///
    /// For futures that are written by hand. See [`recv`](Self::recv).
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// Polls for up to `limit` messages. Every call ends the span of the last message.
    ///
    /// For futures that are written by hand. See [`recv_many`](Self::recv_many).
    #[track_caller]
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        self.rx.poll_recv_many(cx, buffer, limit)
    }

    // ----- receiving without a span -----

    /// Receives the next message in its envelope, without opening a span.
    ///
    /// See [`Receiver::recv_envelope`](super::Receiver::recv_envelope).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
    pub fn recv_envelope(&mut self) -> impl Future<Output = Option<Envelope<T>>> {
        self.rx.recv_envelope()
    }

    /// Receives up to `limit` messages in their envelopes, without opening spans.
    ///
    /// Use it where the context of each message in a batch is needed. Otherwise it behaves like
    /// [`recv_many`](Self::recv_many).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
    pub fn recv_many_envelopes(
        &mut self,
        buffer: &mut Vec<Envelope<T>>,
        limit: usize,
    ) -> impl Future<Output = usize> {
        self.rx.recv_many_envelopes(buffer, limit)
    }

    /// Receives the next message in its envelope if one is queued.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or if it is closed and empty.
    pub fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.rx.try_recv_envelope()
    }

    /// Receives the next message in its envelope like [`recv_envelope`](Self::recv_envelope), blocking the thread.
    ///
    /// # Panics
    ///
    /// Panics if called in an asynchronous context.
    #[track_caller]
    pub fn blocking_recv_envelope(&mut self) -> Option<Envelope<T>> {
        self.rx.blocking_recv_envelope()
    }

    // ----- the channel -----

    /// Closes the channel for new messages.
    ///
    /// Messages that were sent before can still be received. The span of the last message stays open.
    pub fn close(&mut self) {
        self.rx.raw.close();
    }

    /// Returns whether the channel is closed, or all senders were dropped.
    pub fn is_closed(&self) -> bool {
        self.rx.raw.is_closed()
    }

    /// Returns whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.rx.raw.is_empty()
    }

    /// Returns the number of queued messages.
    pub fn len(&self) -> usize {
        self.rx.raw.len()
    }

    /// Returns the number of strong senders, which keep the channel open.
    pub fn sender_strong_count(&self) -> usize {
        self.rx.raw.sender_strong_count()
    }

    /// Returns the number of weak senders.
    pub fn sender_weak_count(&self) -> usize {
        self.rx.raw.sender_weak_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rx.fmt(f)
    }
}
