//! The receiving half, once for both channels: what a receive opens and a later one ends.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::Envelope;
use crate::context::Carried;
use crate::envelope::Describe;
use crate::sync::Received;

/// A channel's own receiver, as far as both channels have it.
pub(super) trait Raw<T> {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Envelope<T>>>;
    fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<Envelope<T>>,
        limit: usize,
    ) -> Poll<usize>;
    fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError>;
    #[track_caller]
    fn blocking_recv(&mut self) -> Option<Envelope<T>>;
    #[track_caller]
    fn blocking_recv_many(&mut self, buffer: &mut Vec<Envelope<T>>, limit: usize) -> usize;
}

macro_rules! raw {
    ($receiver:ident) => {
        impl<T> Raw<T> for tokio_mpsc::$receiver<Envelope<T>> {
            #[inline]
            fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Envelope<T>>> {
                self.poll_recv(cx)
            }

            fn poll_recv_many(
                &mut self,
                cx: &mut Context<'_>,
                buffer: &mut Vec<Envelope<T>>,
                limit: usize,
            ) -> Poll<usize> {
                self.poll_recv_many(cx, buffer, limit)
            }

            fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError> {
                self.try_recv()
            }

            #[track_caller]
            fn blocking_recv(&mut self) -> Option<Envelope<T>> {
                self.blocking_recv()
            }

            #[track_caller]
            fn blocking_recv_many(&mut self, buffer: &mut Vec<Envelope<T>>, limit: usize) -> usize {
                self.blocking_recv_many(buffer, limit)
            }
        }
    };
}

raw!(Receiver);
raw!(UnboundedReceiver);

/// A receiver and the message that it handed out last.
pub(super) struct Inbox<R, T> {
    pub(super) raw: R,
    describe: Describe<T>,
    received: Received,
    /// Empty between calls; kept for its allocation. Never locked: the mutex makes the receiver `Sync` for a
    /// `T` that is not, as tokio's is.
    batch: Mutex<Vec<Envelope<T>>>,
}

impl<R: Raw<T>, T> Inbox<R, T> {
    pub(super) fn new(raw: R, describe: Describe<T>) -> Self {
        Self { raw, describe, received: Received::default(), batch: Mutex::default() }
    }

    // ----- messages: each ends the last one, and opens the next -----

    /// Ends the last message when it is called, not when the future is polled.
    #[inline]
    pub(super) fn recv(&mut self) -> impl Future<Output = Option<T>> {
        self.end_last();
        poll_fn(|cx| self.poll_next(cx))
    }

    pub(super) fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
        self.end_last();
        poll_fn(move |cx| self.poll_next_many(cx, buffer, limit))
    }

    #[inline]
    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.end_last();
        self.poll_next(cx)
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        self.end_last();
        self.poll_next_many(cx, buffer, limit)
    }

    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.end_last();
        self.raw.try_recv().map(|envelope| self.open(envelope))
    }

    #[track_caller]
    pub(super) fn blocking_recv(&mut self) -> Option<T> {
        self.end_last();
        let (message, carried) = self.raw.blocking_recv()?.into_parts();
        self.received.open_blocking(carried, &message, self.describe);
        Some(message)
    }

    #[track_caller]
    pub(super) fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.end_last();
        let mut batch = std::mem::take(self.batch());
        self.raw.blocking_recv_many(&mut batch, limit);
        self.open_batch(batch, buffer, Received::open_blocking, Received::open_batch_blocking)
    }

    // ----- envelopes: each ends the last message, and opens nothing -----

    pub(super) fn recv_envelope(&mut self) -> impl Future<Output = Option<Envelope<T>>> {
        self.end_last();
        poll_fn(|cx| self.raw.poll_recv(cx))
    }

    pub(super) fn recv_many_envelopes(
        &mut self,
        buffer: &mut Vec<Envelope<T>>,
        limit: usize,
    ) -> impl Future<Output = usize> {
        self.end_last();
        poll_fn(move |cx| self.raw.poll_recv_many(cx, buffer, limit))
    }

    pub(super) fn try_recv_envelope(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.end_last();
        self.raw.try_recv()
    }

    #[track_caller]
    pub(super) fn blocking_recv_envelope(&mut self) -> Option<Envelope<T>> {
        self.end_last();
        self.raw.blocking_recv()
    }

    // ----- the parts -----

    /// The last message is done, since the next one is asked for.
    #[inline]
    fn end_last(&mut self) {
        self.received.close();
    }

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.raw.poll_recv(cx).map(|envelope| envelope.map(|envelope| self.open(envelope)))
    }

    fn poll_next_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        let mut batch = std::mem::take(self.batch());
        // Ready as soon as there is a message, so `batch` is empty when this is pending.
        match self.raw.poll_recv_many(cx, &mut batch, limit) {
            Poll::Ready(_) => {
                Poll::Ready(self.open_batch(batch, buffer, Received::open, Received::open_batch))
            }
            Poll::Pending => {
                *self.batch() = batch;
                Poll::Pending
            }
        }
    }

    #[inline]
    fn open(&mut self, envelope: Envelope<T>) -> T {
        let (message, carried) = envelope.into_parts();
        self.received.open(carried, &message, self.describe);
        message
    }

    fn open_batch(
        &mut self,
        mut batch: Vec<Envelope<T>>,
        buffer: &mut Vec<T>,
        open: fn(&mut Received, Carried, &T, Describe<T>),
        open_batch: fn(&mut Received, &mut [Carried], &T, Describe<T>),
    ) -> usize {
        let count = batch.len();
        if count == 1 {
            // A batch of one is a message like any other.
            buffer.extend(batch.pop().map(|envelope| {
                let (message, carried) = envelope.into_parts();
                open(&mut self.received, carried, &message, self.describe);
                message
            }));
        } else if count > 1 {
            let mut carried = Vec::with_capacity(count);
            buffer.extend(batch.drain(..).map(|envelope| {
                let (message, context) = envelope.into_parts();
                carried.push(context);
                message
            }));
            let first = &buffer[buffer.len() - count];
            open_batch(&mut self.received, &mut carried, first, self.describe);
        }
        *self.batch() = batch;
        count
    }

    fn batch(&mut self) -> &mut Vec<Envelope<T>> {
        self.batch.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

// As tokio's receivers, whatever `T` is: nothing here is pinned; `batch` is empty also after a call that a panic
// interrupted, and a span ends once, whoever comes first.
impl<R, T> Unpin for Inbox<R, T> {}
impl<R, T> UnwindSafe for Inbox<R, T> {}
impl<R, T> RefUnwindSafe for Inbox<R, T> {}

impl<R: fmt::Debug, T> fmt::Debug for Inbox<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
