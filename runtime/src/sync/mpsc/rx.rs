//! The receiving half of both channels: a receive opens messages, and ends the previous ones.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::Envelope;
use crate::flow::ReceiveSite;
use crate::sync::wrap::{Channel, EndLast, OpenMessage, PendingReceive, ReceiveMode};

/// A receiver and the last message that it returned.
pub(super) struct Rx<R, T> {
    pub(super) raw: R,
    last: OpenMessage<T>,
    /// The buffer of a batch. It is empty between calls, and kept for its allocation unless that is large.
    ///
    /// The mutex is never locked. It makes the receiver `Sync` for a `T` that is not `Sync`, like tokio's receiver.
    batch: Mutex<Vec<Envelope<T>>>,
}

/// The largest batch whose allocation a receiver keeps: three of tokio's blocks.
const MOST_KEPT: usize = 96;

impl<R, T> Rx<R, T> {
    pub(super) fn new(raw: R, channel: impl Into<Channel<T>>) -> Self {
        Self { raw, last: OpenMessage::new(channel), batch: Mutex::default() }
    }

    fn put_aside(&self, envelope: Envelope<T>) -> Envelope<T> {
        self.last.take(1);
        envelope.aside()
    }

    fn open_batch(&mut self, mut batch: Vec<Envelope<T>>, buffer: &mut Vec<T>, place: ReceiveSite) -> usize {
        let count = self.last.open_batch(&mut batch, buffer, place);
        if batch.capacity() <= MOST_KEPT {
            *self.batch() = batch;
        }
        count
    }

    fn batch(&mut self) -> &mut Vec<Envelope<T>> {
        self.batch.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the methods that both channels have. Their receivers have no trait in common.
macro_rules! receives {
    ($receiver:ident) => {
        impl<T> Rx<tokio_mpsc::$receiver<Envelope<T>>, T> {
            // ----- messages: each receive ends the last one, and opens the next -----

            /// Ends the last message in its first poll, or when it is dropped before that.
            #[inline]
            #[track_caller]
            pub(super) fn recv(&mut self) -> impl Future<Output = Option<T>> {
                let place = ReceiveSite::of(ReceiveMode::Async);
                Receive {
                    asked: PendingReceive::new(self),
                    poll: move |rx: &mut Self, cx: &mut Context<'_>| rx.poll_next(cx, place),
                }
            }

            #[track_caller]
            pub(super) fn recv_many(
                &mut self,
                buffer: &mut Vec<T>,
                limit: usize,
            ) -> impl Future<Output = usize> {
                let place = ReceiveSite::of(ReceiveMode::Async);
                let poll =
                    move |rx: &mut Self, cx: &mut Context<'_>| rx.poll_next_many(cx, buffer, limit, place);
                Receive { asked: PendingReceive::new(self), poll }
            }

            #[inline]
            #[track_caller]
            pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
                self.last.close();
                self.poll_next(cx, ReceiveSite::of(ReceiveMode::Async))
            }

            #[track_caller]
            pub(super) fn poll_recv_many(
                &mut self,
                cx: &mut Context<'_>,
                buffer: &mut Vec<T>,
                limit: usize,
            ) -> Poll<usize> {
                self.last.close();
                self.poll_next_many(cx, buffer, limit, ReceiveSite::of(ReceiveMode::Async))
            }

            #[track_caller]
            pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.last.close();
                let place = ReceiveSite::of(ReceiveMode::Try);
                self.raw.try_recv().map(|envelope| self.last.open(envelope, place))
            }

            #[track_caller]
            pub(super) fn blocking_recv(&mut self) -> Option<T> {
                self.last.close();
                let envelope = self.raw.blocking_recv()?;
                Some(self.last.open(envelope, ReceiveSite::of(ReceiveMode::Blocking)))
            }

            #[track_caller]
            pub(super) fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                self.last.close();
                let mut batch = std::mem::take(self.batch());
                self.raw.blocking_recv_many(&mut batch, limit);
                self.open_batch(batch, buffer, ReceiveSite::of(ReceiveMode::Blocking))
            }

            // ----- envelopes: each receive ends the last message, and opens nothing -----

            pub(super) fn recv_envelope(&mut self) -> impl Future<Output = Option<Envelope<T>>> {
                Receive {
                    asked: PendingReceive::new(self),
                    poll: |rx: &mut Self, cx: &mut Context<'_>| {
                        rx.raw.poll_recv(cx).map(|envelope| envelope.map(|envelope| rx.put_aside(envelope)))
                    },
                }
            }

            pub(super) fn recv_many_envelopes(
                &mut self,
                buffer: &mut Vec<Envelope<T>>,
                limit: usize,
            ) -> impl Future<Output = usize> {
                let poll = move |rx: &mut Self, cx: &mut Context<'_>| {
                    let received = rx.raw.poll_recv_many(cx, buffer, limit);
                    if let Poll::Ready(count) = received {
                        rx.last.take(count);
                        let before = buffer.len() - count;
                        buffer[before..].iter_mut().for_each(Envelope::set_aside);
                    }
                    received
                };
                Receive { asked: PendingReceive::new(self), poll }
            }

            pub(super) fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
                self.last.close();
                self.raw.try_recv().map(|envelope| self.put_aside(envelope))
            }

            #[track_caller]
            pub(super) fn blocking_recv_envelope(&mut self) -> Option<Envelope<T>> {
                self.last.close();
                self.raw.blocking_recv().map(|envelope| self.put_aside(envelope))
            }

            // ----- the parts -----

            #[inline]
            fn poll_next(&mut self, cx: &mut Context<'_>, place: ReceiveSite) -> Poll<Option<T>> {
                let mut received = self.raw.poll_recv(cx);
                if let Poll::Ready(Some(envelope)) = &mut received {
                    self.last.open_in_place(envelope, place);
                }
                received.map(|envelope| envelope.map(Envelope::into_message))
            }

            fn poll_next_many(
                &mut self,
                cx: &mut Context<'_>,
                buffer: &mut Vec<T>,
                limit: usize,
                place: ReceiveSite,
            ) -> Poll<usize> {
                let mut batch = std::mem::take(self.batch());
                // It is ready as soon as there is a message, so `batch` is empty while it is pending.
                match self.raw.poll_recv_many(cx, &mut batch, limit) {
                    Poll::Ready(_) => Poll::Ready(self.open_batch(batch, buffer, place)),
                    Poll::Pending => {
                        *self.batch() = batch;
                        Poll::Pending
                    }
                }
            }
        }
    };
}

receives!(Receiver);
receives!(UnboundedReceiver);

impl<R, T> EndLast for &mut Rx<R, T> {
    #[inline]
    fn close(&mut self) {
        self.last.close();
    }
}

/// A requested receive, polled through the whole `Rx`.
struct Receive<'a, R, T, P> {
    asked: PendingReceive<&'a mut Rx<R, T>>,
    poll: P,
}

impl<R, T, P, O> Future for Receive<'_, R, T, P>
where
    P: FnMut(&mut Rx<R, T>, &mut Context<'_>) -> Poll<O>,
{
    type Output = O;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let this = self.get_mut();
        (this.poll)(this.asked.ask(), cx)
    }
}

// Nothing in it is pinned.
impl<R, T, P> Unpin for Receive<'_, R, T, P> {}

// Like tokio's receivers, for any `T`. Nothing here is pinned. `batch` is also empty after a call that a panic
// interrupted. A span ends only once, at its first end.
impl<R, T> Unpin for Rx<R, T> {}
impl<R, T> UnwindSafe for Rx<R, T> {}
impl<R, T> RefUnwindSafe for Rx<R, T> {}

impl<R: fmt::Debug, T> fmt::Debug for Rx<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
