//! The receiving halves, which are streams.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::mpsc;
use futures_core::future::FusedFuture;
use futures_core::stream::{FusedStream, Stream};
use traced_actor::Envelope;
use traced_actor::sync::wrap::{
    Channel, EndLast, OpenMessage, PendingReceive, ReceiveMode, ReceiveOutput, ReceiveSite,
};

use super::{RecvError, TryRecvError};

/// The common part of both receivers, for a [`Recv`].
trait Next: EndLast {
    type Item;

    fn poll_message(&mut self, cx: &mut Context<'_>, place: ReceiveSite) -> Poll<Option<Self::Item>>;

    fn is_done(&self) -> bool;
}

macro_rules! receiver {
    ($(#[$doc:meta])* $receiver:ident) => {
        $(#[$doc])*
        ///
        /// Every method that receives ends the previous message of this receiver. So does dropping the receiver.
        ///
        /// It is a [`Stream`]. Every call of `poll_next` ends the previous message. A combinator that polls ahead, such
        /// as `buffered`, ends a message while it is still being handled; use `recv_envelope` there.
        pub struct $receiver<T> {
            pub(super) inner: mpsc::$receiver<Envelope<T>>,
            last: OpenMessage<T>,
        }

        impl<T> $receiver<T> {
            pub(super) fn new(inner: mpsc::$receiver<Envelope<T>>, channel: &Channel<T>) -> Self {
                Self { inner, last: OpenMessage::new(channel) }
            }

            /// Receives the next message.
            ///
            /// The previous message ends at the first poll of the future. The span of the next message opens when the
            /// message is received.
            ///
            /// # Errors
            ///
            /// Returns an error if the channel is empty and closed.
            ///
            /// # Cancel safety
            ///
            /// No message is lost if the future is dropped.
            #[track_caller]
            pub fn recv(&mut self) -> Recv<'_, Self> {
                Recv { place: ReceiveSite::of(ReceiveMode::Async), asked: PendingReceive::new(self) }
            }

            /// Receives the next message if one is waiting.
            ///
            /// # Errors
            ///
            /// Returns an error if the channel is empty, or empty and closed.
            #[track_caller]
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.last.receive_now(ReceiveMode::Try, || self.inner.try_recv())
            }

            /// Receives the next message if one is waiting. Returns `None` if the channel is empty and closed.
            ///
            /// # Errors
            ///
            /// Returns an error if the channel is empty.
            #[deprecated(note = "use `try_recv`, as in the crate")]
            #[track_caller]
            pub fn try_next(&mut self) -> Result<Option<T>, TryRecvError> {
                match self.try_recv() {
                    Ok(message) => Ok(Some(message)),
                    Err(TryRecvError::Closed) => Ok(None),
                    Err(error) => Err(error),
                }
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
            pub fn recv_envelope(&mut self) -> impl Future<Output = Result<Envelope<T>, RecvError>> {
                self.last.receive_envelope(self.inner.recv())
            }

            /// Receives the next message in its envelope if one is waiting. Ends the previous message and opens no
            /// span.
            ///
            /// # Errors
            ///
            /// Returns an error if the channel is empty, or empty and closed.
            pub fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
                self.last.receive_envelope_now(|| self.inner.try_recv())
            }

            /// Closes the channel for senders. Messages that were sent can still be received. The current message stays
            /// open.
            pub fn close(&mut self) {
                self.inner.close();
            }
        }

        impl<T> EndLast for &mut $receiver<T> {
            fn close(&mut self) {
                self.last.close();
            }
        }

        impl<T> Next for &mut $receiver<T> {
            type Item = T;

            fn poll_message(&mut self, cx: &mut Context<'_>, place: ReceiveSite) -> Poll<Option<T>> {
                let received = Pin::new(&mut self.inner).poll_next(cx);
                received.open_with(|envelope| self.last.open(envelope, place))
            }

            fn is_done(&self) -> bool {
                self.inner.is_terminated()
            }
        }

        impl<T> Stream for $receiver<T> {
            type Item = T;

            #[track_caller]
            fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
                let this = self.get_mut();
                this.last.receive_now(ReceiveMode::Async, || Pin::new(&mut this.inner).poll_next(cx))
            }
        }

        impl<T> FusedStream for $receiver<T> {
            fn is_terminated(&self) -> bool {
                self.inner.is_terminated()
            }
        }

        // Nothing here is pinned.
        impl<T> Unpin for $receiver<T> {}

        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }

        impl<T> Future for Recv<'_, $receiver<T>> {
            type Output = Result<T, RecvError>;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let place = self.place;
                let received = self.asked.ask().poll_message(cx, place);
                received.map(|message| message.ok_or(RecvError))
            }
        }

        impl<T> FusedFuture for Recv<'_, $receiver<T>> {
            fn is_terminated(&self) -> bool {
                self.asked.last().is_done()
            }
        }
    };
}

receiver! {
    /// Receives messages of a bounded channel, and opens the span of each that is sampled.
    Receiver
}

receiver! {
    /// Receives messages of an unbounded channel, and opens the span of each that is sampled.
    UnboundedReceiver
}

/// Receives a message. Returned by [`Receiver::recv`] and [`UnboundedReceiver::recv`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Recv<'a, R>
where
    &'a mut R: EndLast,
{
    asked: PendingReceive<&'a mut R>,
    place: ReceiveSite,
}

impl<'a, R> fmt::Debug for Recv<'a, R>
where
    &'a mut R: EndLast,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").finish_non_exhaustive()
    }
}
