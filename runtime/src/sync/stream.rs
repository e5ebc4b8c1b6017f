//! Streams of the receivers of [`mpsc`](super::mpsc), like those of `tokio_stream::wrappers`.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::mpsc::{Receiver, UnboundedReceiver};

/// A wrapper around [`Receiver`] that implements [`Stream`].
///
/// Every call of `poll_next` ends the span of the last message. A combinator that polls ahead, such as `buffered`,
/// ends it while the message is still being handled. Use [`Receiver::recv_envelope`] there.
///
/// ```
/// # use std::{future::poll_fn, pin::Pin};
/// # use futures_core::Stream;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use traced_actor::sync::{mpsc, stream::ReceiverStream};
///
/// let (sender, receiver) = mpsc::channel_named_by_type(8);
/// let mut stream = ReceiverStream::new(receiver);
/// sender.send("hello").await.unwrap();
/// assert_eq!(poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await, Some("hello"));
/// # }
/// ```
#[derive(Debug)]
pub struct ReceiverStream<T> {
    inner: Receiver<T>,
}

/// A wrapper around [`UnboundedReceiver`] that implements [`Stream`]. See [`ReceiverStream`].
#[derive(Debug)]
pub struct UnboundedReceiverStream<T> {
    inner: UnboundedReceiver<T>,
}

/// Estimates the number of messages. The lower bound is the number of queued ones.
///
/// The upper bound is known once the channel is closed: queued messages and outstanding permits.
impl<T> Stream for ReceiverStream<T> {
    type Item = T;

    #[track_caller]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.inner.poll_recv(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let used = self.inner.is_closed().then(|| self.inner.max_capacity() - self.inner.capacity());
        (self.inner.len(), used)
    }
}

/// Estimates the number of messages. The lower bound is the number of queued ones.
///
/// Once the channel is closed, it is also the upper bound.
impl<T> Stream for UnboundedReceiverStream<T> {
    type Item = T;

    #[track_caller]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.inner.poll_recv(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let closed = self.inner.is_closed();
        let waiting = self.inner.len();
        (waiting, closed.then_some(waiting))
    }
}

macro_rules! wrapper {
    ($stream:ident, $receiver:ident) => {
        impl<T> $stream<T> {
            /// Creates a stream from the receiver.
            pub fn new(receiver: $receiver<T>) -> Self {
                Self { inner: receiver }
            }

            /// Returns the inner receiver.
            pub fn into_inner(self) -> $receiver<T> {
                self.inner
            }

            /// Closes the channel for new messages. Messages that were sent before can still be received.
            pub fn close(&mut self) {
                self.inner.close();
            }
        }

        impl<T> AsRef<$receiver<T>> for $stream<T> {
            fn as_ref(&self) -> &$receiver<T> {
                &self.inner
            }
        }

        impl<T> AsMut<$receiver<T>> for $stream<T> {
            fn as_mut(&mut self) -> &mut $receiver<T> {
                &mut self.inner
            }
        }

        impl<T> From<$receiver<T>> for $stream<T> {
            fn from(receiver: $receiver<T>) -> Self {
                Self::new(receiver)
            }
        }
    };
}

wrapper!(ReceiverStream, Receiver);
wrapper!(UnboundedReceiverStream, UnboundedReceiver);
