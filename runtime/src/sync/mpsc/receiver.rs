//! The bounded channel's receiver.

use std::fmt;
use std::future::Future;
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;

use super::error::TryRecvError;
use super::rx::Rx;
use crate::Envelope;
use crate::envelope::Describe;

/// Receives messages, and opens the span of each that is sampled.
///
/// Every method that receives ends the message that this receiver gave out last; so does dropping it.
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct Receiver<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    rx: Rx<tokio_mpsc::Receiver<Envelope<T>>, T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: tokio_mpsc::Receiver<Envelope<T>>, describe: Describe<T>) -> Self {
        Self { rx: Rx::new(inner, describe) }
    }

    // ----- receiving -----

    /// Receives the next message; `None` when the channel is closed and empty.
    ///
    /// The span of the last message ends when this is called; the next one's opens when it is there.
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
    /// or when the channel is closed and empty.
    ///
    /// Two or more messages are handled under one span, with a link to the sender of each that is sampled. One
    /// is a message like any other.
    ///
    /// # Cancel safety
    ///
    /// As tokio's: no message is lost when the future is dropped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use traced_actor::sync::mpsc;
    /// let (sender, mut receiver) = mpsc::channel_named_by_type(8);
    /// for n in 0..5 {
    ///     sender.send(n).await.unwrap();
    /// }
    /// let mut batch = Vec::new();
    /// assert_eq!(receiver.recv_many(&mut batch, 3).await, 3);
    /// assert_eq!(batch, [0, 1, 2]);
    /// # }
    /// ```
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

    /// Receives the next message, for a thread that is not asynchronous; `None` when the channel is closed and empty.
    ///
    /// Needs no receive scope: what the thread sends until its next receive continues the message's span.
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

    /// Receives the next message in its envelope; `None` when the channel is closed and empty.
    ///
    /// Ends the last message, and opens no span: that is up to whoever [opens](Envelope::open) the envelope,
    /// or receives it from where it is [forwarded](super::Sender::send_envelope) to.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use traced_actor::sync::mpsc;
    /// let (sender, mut receiver) = mpsc::channel_named_by_type(1);
    /// let (forward, mut forwarded) = mpsc::channel_named_by_type(1);
    /// sender.send("hello").await.unwrap();
    ///
    /// let envelope = receiver.recv_envelope().await.unwrap();
    /// forward.send_envelope(envelope).await.unwrap();
    /// assert_eq!(forwarded.recv().await, Some("hello"));
    /// # }
    /// ```
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

    /// Closes the channel: nothing more is sent but through permits that exist. What was sent can be received.
    ///
    /// The last message goes on.
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

    /// Returns for how many more messages there is room, apart from what permits hold.
    pub fn capacity(&self) -> usize {
        self.rx.raw.capacity()
    }

    /// Returns for how many messages there is room when the channel is empty.
    pub fn max_capacity(&self) -> usize {
        self.rx.raw.max_capacity()
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

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rx.fmt(f)
    }
}
