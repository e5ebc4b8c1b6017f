//! The futures and streams of the asynchronous methods.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::future::FusedFuture;
use futures_core::stream::{FusedStream, Stream};

use super::{RecvError, SendError};
use crate::reason::{forwarded, reason};
use traced_actor::Envelope;
use traced_actor::sync::wrap::{
    EndLast, OpenMessages, PendingReceive, ReceiveMode, ReceiveSite, SendAttempt,
};

/// Sends an envelope. Returned by [`Sender::send_envelope_async`](super::Sender::send_envelope_async).
#[must_use = "futures/streams/sinks do nothing unless you `.await` or poll them"]
pub struct SendEnvelopeFut<'a, T> {
    pub(super) inner: ::flume::r#async::SendFut<'a, Envelope<T>>,
    /// The attempt to send. `None` when it has ended.
    pub(super) attempt: Option<SendAttempt>,
}

impl<T> Future for SendEnvelopeFut<'_, T> {
    type Output = Result<(), SendError<Envelope<T>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = ready!(Pin::new(&mut self.inner).poll(cx));
        Poll::Ready(match self.attempt.take() {
            Some(attempt) => forwarded(attempt, sent),
            None => sent,
        })
    }
}

impl<T> FusedFuture for SendEnvelopeFut<'_, T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// Sends a message.
///
/// Returned by [`Sender::send_async`](super::Sender::send_async) and
/// [`Sender::into_send_async`](super::Sender::into_send_async).
#[must_use = "futures/streams/sinks do nothing unless you `.await` or poll them"]
pub struct SendFut<'a, T> {
    pub(super) inner: ::flume::r#async::SendFut<'a, Envelope<T>>,
    /// The attempt, until the send is done.
    pub(super) attempt: Option<SendAttempt>,
}

impl<T> Future for SendFut<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = ready!(Pin::new(&mut self.inner).poll(cx));
        let sent = match self.attempt.take() {
            Some(attempt) => attempt.finish(sent, reason),
            None => sent,
        };
        Poll::Ready(sent.map_err(bare))
    }
}

impl<T> FusedFuture for SendFut<'_, T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// Returns the message of an envelope that was not sent.
pub(super) fn bare<T>(SendError(envelope): SendError<Envelope<T>>) -> SendError<T> {
    SendError(envelope.into_message())
}

/// Receives a message.
///
/// Returned by [`Receiver::recv_async`](super::Receiver::recv_async) and
/// [`Receiver::into_recv_async`](super::Receiver::into_recv_async).
#[must_use = "futures/streams/sinks do nothing unless you `.await` or poll them"]
pub struct RecvFut<'a, T> {
    receive: RecvEnvelopeFut<'a, T>,
    place: ReceiveSite,
}

impl<'a, T> RecvFut<'a, T> {
    pub(super) fn new(
        inner: ::flume::r#async::RecvFut<'a, Envelope<T>>,
        handle: Handle<'a, T>,
        place: ReceiveSite,
    ) -> Self {
        Self { receive: RecvEnvelopeFut::new(inner, handle), place }
    }
}

impl<T> Future for RecvFut<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(self.receive.poll_channel(cx));
        let place = self.place;
        Poll::Ready(received.map(|envelope| self.receive.asked.last().shared().open(envelope, place)))
    }
}

impl<T> FusedFuture for RecvFut<'_, T> {
    fn is_terminated(&self) -> bool {
        self.receive.is_terminated()
    }
}

/// Receives an envelope. Returned by [`Receiver::recv_envelope_async`](super::Receiver::recv_envelope_async).
#[must_use = "futures/streams/sinks do nothing unless you `.await` or poll them"]
pub struct RecvEnvelopeFut<'a, T> {
    asked: PendingReceive<Handle<'a, T>>,
    inner: ::flume::r#async::RecvFut<'a, Envelope<T>>,
}

impl<'a, T> RecvEnvelopeFut<'a, T> {
    pub(super) fn new(inner: ::flume::r#async::RecvFut<'a, Envelope<T>>, handle: Handle<'a, T>) -> Self {
        Self { asked: PendingReceive::new(handle), inner }
    }

    /// Polls the channel's own receiver.
    fn poll_channel(&mut self, cx: &mut Context<'_>) -> Poll<Result<Envelope<T>, RecvError>> {
        self.asked.ask();
        Pin::new(&mut self.inner).poll(cx)
    }
}

impl<T> Future for RecvEnvelopeFut<'_, T> {
    type Output = Result<Envelope<T>, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(self.poll_channel(cx));
        Poll::Ready(self.asked.last().shared().receive_envelope_now(|| received))
    }
}

impl<T> FusedFuture for RecvEnvelopeFut<'_, T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// A stream of messages.
///
/// Returned by [`Receiver::stream`](super::Receiver::stream) and
/// [`Receiver::into_stream`](super::Receiver::into_stream).
///
/// Every call of `poll_next` ends the previous message. A combinator that polls ahead, such as `buffered`, ends a
/// message while it is still being handled.
pub struct RecvStream<'a, T> {
    pub(super) inner: ::flume::r#async::RecvStream<'a, Envelope<T>>,
    pub(super) handle: Handle<'a, T>,
}

impl<T> RecvStream<'_, T> {
    /// Returns whether all senders are dropped.
    pub fn is_disconnected(&self) -> bool {
        self.inner.is_disconnected()
    }

    /// Returns whether no message is waiting. This is always true for a rendezvous channel.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Returns whether the channel is full. This is always true for a rendezvous channel.
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

    /// Returns whether both receive from the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

impl<T> Stream for RecvStream<'_, T> {
    type Item = T;

    #[track_caller]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        this.handle.shared().receive_now(ReceiveMode::Async, || Pin::new(&mut this.inner).poll_next(cx))
    }
}

impl<T> FusedStream for RecvStream<'_, T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// Clones the stream. The clone receives from the same channel, with its own last message.
impl<T> Clone for RecvStream<'_, T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), handle: Handle::Owned(self.handle.shared().another()) }
    }
}

/// The last messages of the receiver, which is borrowed or part of the future.
pub(super) enum Handle<'a, T> {
    Owned(OpenMessages<T>),
    Ref(&'a OpenMessages<T>),
}

impl<T> Handle<'_, T> {
    fn shared(&self) -> &OpenMessages<T> {
        match self {
            Self::Owned(shared) => shared,
            Self::Ref(shared) => shared,
        }
    }
}

impl<T> EndLast for Handle<'_, T> {
    fn close(&mut self) {
        self.shared().close();
    }
}

impl<T> fmt::Debug for SendFut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for SendEnvelopeFut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for RecvFut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.receive.fmt(f)
    }
}

impl<T> fmt::Debug for RecvEnvelopeFut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for RecvStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
