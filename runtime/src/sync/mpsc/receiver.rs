//! The bounded channel's receiver.

use std::fmt;
use std::future::Future;
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;

use super::error::TryRecvError;
use super::rx::Rx;
use crate::Envelope;

/// Receives messages, and opens a span for each one that is sampled.
///
/// Every method that receives ends the span of the last message, unless a handler has claimed it. Dropping the
/// receiver ends it, too. See [what happens at a receive](crate::sync#what-happens-at-a-receive).
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct Receiver<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    pub(super) rx: Rx<tokio_mpsc::Receiver<Envelope<T>>, T>,
}

impl<T> Receiver<T> {
    // ----- receiving -----

    /// Receives the next message. Returns `None` if the channel is closed and empty.
    ///
    /// The span of the last message ends at the first poll, or when the future is dropped without a poll. The span of
    /// the next message opens when it is received.
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
    /// Returns 0 only if `limit` is 0, or if the channel is closed and empty.
    ///
    /// Two or more messages have one span, with a link to the sender of each sampled one. A single message is handled
    /// like one of [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
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
    /// Returns `None` if the channel is closed and empty.
    ///
    /// Needs no flow: messages that the thread sends until its next receive continue the message's span.
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
    /// Returns `None` if the channel is closed and empty. The span of the last message ends. The span of this one
    /// opens when the envelope is [opened](Envelope::open), or when it is received from the channel that it is
    /// [forwarded](super::Sender::send_envelope) to.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
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
    /// Outstanding permits can still be used, and messages that were sent before can still be received.
    ///
    /// The span of the last message stays open.
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

    /// Returns how many more messages the channel has room for. Room that permits hold is not counted.
    pub fn capacity(&self) -> usize {
        self.rx.raw.capacity()
    }

    /// Returns how many messages the channel has room for when it is empty.
    pub fn max_capacity(&self) -> usize {
        self.rx.raw.max_capacity()
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

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rx.fmt(f)
    }
}
