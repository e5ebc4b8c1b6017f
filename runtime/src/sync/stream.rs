//! The receivers of [`mpsc`](super::mpsc) as streams, as `tokio_stream::wrappers`.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::mpsc::{Receiver, UnboundedReceiver};

/// A [`Receiver`] as a [`Stream`].
///
/// Every call of `poll_next` ends the last message: a combinator that polls ahead, such as `buffered`, ends it
/// while it is still worked on. Use `recv_envelope` there.
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

/// An [`UnboundedReceiver`] as a [`Stream`], as [`ReceiverStream`].
#[derive(Debug)]
pub struct UnboundedReceiverStream<T> {
    inner: UnboundedReceiver<T>,
}

/// At least what waits; at most, once closed, what waits and what permits may send still.
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

/// At least what waits; at most, once closed, the same.
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
            /// Makes a stream of the receiver.
            pub fn new(receiver: $receiver<T>) -> Self {
                Self { inner: receiver }
            }

            /// Returns the receiver.
            pub fn into_inner(self) -> $receiver<T> {
                self.inner
            }

            /// Closes the channel: nothing more is sent, and what was sent can be received.
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
