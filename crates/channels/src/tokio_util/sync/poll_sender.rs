//! A bounded sender that is polled for room.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::reason::{reason, recorded};
use ::tokio_util::sync::PollSender as TokioPollSender;
use futures_sink::Sink;
use traced_actor::Envelope;
use traced_actor::sync::mpsc::Sender;
use traced_actor::sync::wrap::Channel;

/// A [`Sender`] that can be polled for room, like [`tokio_util::sync::PollSender`](TokioPollSender).
///
/// It is also a [`Sink`].
///
/// The context of a message is captured in [`send_item`](Self::send_item), or in the sink's `start_send`. The wait for
/// room comes before that, and does not count as waiting time of the message.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use futures_util::SinkExt;
/// use traced_actor::sync::mpsc;
/// use traced_actor_channels::tokio_util::sync::PollSender;
///
/// let (sender, mut receiver) = mpsc::channel_named_by_type(1);
/// let mut sink = PollSender::new(sender);
/// sink.send("hello").await.unwrap();
/// assert_eq!(receiver.recv().await, Some("hello"));
/// # }
/// ```
pub struct PollSender<T> {
    inner: TokioPollSender<Envelope<T>>,
    /// The sender, until it is closed.
    sender: Option<Sender<T>>,
    channel: Channel<T>,
}

impl<T: Send> PollSender<T> {
    /// Creates a sender that can be polled.
    pub fn new(sender: Sender<T>) -> Self {
        let inner = TokioPollSender::new(sender.clone().into_tokio());
        Self { inner, channel: (&sender).into(), sender: Some(sender) }
    }

    /// Polls for room for one message, and reserves it.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver is closed or dropped, or this sender was [closed](Self::close).
    pub fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PollSendError<T>>> {
        recorded(self.inner.poll_reserve(cx)).map_err(|_| PollSendError(None))
    }

    /// Sends a message into the reserved room.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is closed.
    ///
    /// # Panics
    ///
    /// Panics if [`poll_reserve`](Self::poll_reserve) was not ready before.
    #[track_caller]
    pub fn send_item(&mut self, value: T) -> Result<(), PollSendError<T>> {
        let (attempt, envelope) = self.channel.start(value);
        attempt
            .finish(self.inner.send_item(envelope), reason)
            .map_err(|error| PollSendError(error.into_inner().map(Envelope::into_message)))
    }

    /// Returns whether this sender is closed. The channel may still be open.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Returns the inner sender, unless this sender is closed.
    pub fn get_ref(&self) -> Option<&Sender<T>> {
        self.sender.as_ref()
    }

    /// Closes this sender. If room is reserved, one more message can be sent.
    pub fn close(&mut self) {
        self.inner.close();
        self.sender = None;
    }

    /// Releases reserved room, or stops waiting for it. Returns whether there was any.
    pub fn abort_send(&mut self) -> bool {
        self.inner.abort_send()
    }
}

impl<T: Send> Sink<T> for PollSender<T> {
    type Error = PollSendError<T>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_reserve(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        self.send_item(item)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}

/// Clones the sender, without its reserved room.
impl<T: Send> Clone for PollSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), sender: self.sender.clone(), channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for PollSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollSender").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// The error of sending into a closed channel. Contains the message, if there was one.
pub struct PollSendError<T>(Option<T>);

impl<T> PollSendError<T> {
    /// Returns the message that could not be sent, if one was given.
    pub fn into_inner(self) -> Option<T> {
        self.0
    }
}

impl<T> fmt::Debug for PollSendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollSendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for PollSendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl<T> std::error::Error for PollSendError<T> {}
