//! The unbounded channel.

use std::fmt;
use std::future::Future;
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;

use super::bounded::bare;
use super::error::{SendError, TryRecvError};
use super::rx::Rx;
use crate::envelope::Describe;
use crate::sync::wrap::{Attempt, forward};
use crate::{Envelope, Message};

/// Creates an unbounded channel of annotated messages, as [`tokio::sync::mpsc::unbounded_channel`].
pub fn unbounded_channel<T: Message>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    described(Describe::message())
}

/// Creates an unbounded channel of messages of any type; their kind is the type's name.
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
    (UnboundedSender::new(sender, describe), UnboundedReceiver::new(receiver, describe))
}

/// Sends messages with the context of what the sending task is working on, as [`Sender`](super::Sender).
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct UnboundedSender<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    pub(super) inner: tokio_mpsc::UnboundedSender<Envelope<T>>,
    pub(super) describe: Describe<T>,
}

impl<T> UnboundedSender<T> {
    pub(super) fn new(inner: tokio_mpsc::UnboundedSender<Envelope<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe }
    }

    /// Sends a message; never waits.
    ///
    /// # Errors
    ///
    /// The message, when the receiver is closed or gone.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let (attempt, envelope) = Attempt::start(message, self.describe);
        attempt.finish(self.inner.send(envelope)).map_err(bare)
    }

    /// Forwards an envelope with the context that it has.
    ///
    /// Its wait in the mailbox counts from when it was sent first.
    ///
    /// # Errors
    ///
    /// The envelope, when the receiver is closed or gone.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        self.inner.send(forward(envelope))
    }

    /// Waits until the receiver is closed or gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: once true, it stays so.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Returns whether the receiver is closed or gone.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Returns whether both send to the same receiver.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
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

/// Receives messages, and opens the span of each that is sampled, as [`Receiver`](super::Receiver).
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct UnboundedReceiver<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    rx: Rx<tokio_mpsc::UnboundedReceiver<Envelope<T>>, T>,
}

impl<T> UnboundedReceiver<T> {
    pub(super) fn new(inner: tokio_mpsc::UnboundedReceiver<Envelope<T>>, describe: Describe<T>) -> Self {
        Self { rx: Rx::new(inner, describe) }
    }

    // ----- receiving -----

    /// Receives the next message; `None` when the channel is closed and empty. As [`recv`](super::Receiver::recv).
    ///
    /// # Cancel safety
    ///
    /// As tokio's: no message is lost when the future is dropped.
    #[inline]
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        self.rx.recv()
    }

    /// Appends the next messages to `buffer`, at most `limit`, and returns how many: 0 only when `limit` is 0,
    /// or when the channel is closed and empty. As [`recv_many`](super::Receiver::recv_many).
    ///
    /// # Cancel safety
    ///
    /// As tokio's: no message is lost when the future is dropped.
    #[track_caller]
    pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
        self.rx.recv_many(buffer, limit)
    }

    /// Receives the next message, if it is there.
    ///
    /// # Errors
    ///
    /// When the channel is empty, or closed and empty.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// Receives the next message, for a thread that is not asynchronous; `None` when the channel is closed and empty. As
    /// [`blocking_recv`](super::Receiver::blocking_recv).
    ///
    /// # Panics
    ///
    /// In an asynchronous context.
    #[track_caller]
    #[doc(alias = "recv_blocking")]
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.rx.blocking_recv()
    }

    /// As [`recv_many`](Self::recv_many), for a thread that is not asynchronous.
    ///
    /// # Panics
    ///
    /// In an asynchronous context.
    #[track_caller]
    #[doc(alias = "recv_many_blocking")]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.rx.blocking_recv_many(buffer, limit)
    }

    /// As [`recv`](Self::recv), for a future that is written by hand. Every call ends the last message.
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// As [`recv_many`](Self::recv_many), for a future that is written by hand. Every call ends the last message.
    #[track_caller]
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        self.rx.poll_recv_many(cx, buffer, limit)
    }

    // ----- receiving without a span -----

    /// Receives the next message in its envelope. As [`recv_envelope`](super::Receiver::recv_envelope).
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub fn recv_envelope(&mut self) -> impl Future<Output = Option<Envelope<T>>> {
        self.rx.recv_envelope()
    }

    /// As [`recv_many`](Self::recv_many), for those who want the context of each message of a batch.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub fn recv_many_envelopes(
        &mut self,
        buffer: &mut Vec<Envelope<T>>,
        limit: usize,
    ) -> impl Future<Output = usize> {
        self.rx.recv_many_envelopes(buffer, limit)
    }

    /// Receives the next message in its envelope, if it is there.
    ///
    /// # Errors
    ///
    /// When the channel is empty, or closed and empty.
    pub fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.rx.try_recv_envelope()
    }

    /// As [`recv_envelope`](Self::recv_envelope), for a thread that is not asynchronous.
    ///
    /// # Panics
    ///
    /// In an asynchronous context.
    #[track_caller]
    pub fn blocking_recv_envelope(&mut self) -> Option<Envelope<T>> {
        self.rx.blocking_recv_envelope()
    }

    // ----- the channel -----

    /// Closes the channel: nothing more is sent. What was sent can be received. The last message goes on.
    pub fn close(&mut self) {
        self.rx.raw.close();
    }

    /// Returns whether the channel is closed, or all senders are gone.
    pub fn is_closed(&self) -> bool {
        self.rx.raw.is_closed()
    }

    /// Returns whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.rx.raw.is_empty()
    }

    /// Returns the number of messages that wait.
    pub fn len(&self) -> usize {
        self.rx.raw.len()
    }

    /// Returns the number of senders that keep the channel open.
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
        Self { inner: self.inner.clone(), describe: self.describe }
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
