//! The receiving half, once for every kind of channel: what a receive opens and a later one closes.

use std::task::{Context, Poll};

use tokio::sync::mpsc::error::TryRecvError;

use crate::Envelope;
use crate::context::Carried;
use crate::envelope::Describe;
use crate::sync::Received;

/// A channel's own receiver, as far as it differs from channel to channel.
pub(super) trait Raw<T> {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Envelope<T>>>;
    fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<Envelope<T>>,
        limit: usize,
    ) -> Poll<usize>;
    fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError>;
    fn blocking_recv(&mut self) -> Option<Envelope<T>>;
    fn blocking_recv_many(&mut self, buffer: &mut Vec<Envelope<T>>, limit: usize) -> usize;
}

/// A receiver and the message that it handed out last.
pub(super) struct Inbox<R, T> {
    pub(super) raw: R,
    describe: Describe<T>,
    received: Received,
    /// Empty between calls; kept for its allocation.
    batch: Vec<Envelope<T>>,
}

impl<R: Raw<T>, T> Inbox<R, T> {
    pub(super) fn new(raw: R, describe: Describe<T>) -> Self {
        Self { raw, describe, received: Received::default(), batch: Vec::new() }
    }

    /// The last message is done. Called when the next one is asked for, before anything is polled.
    #[inline]
    pub(super) fn close(&mut self) {
        self.received.close();
    }

    #[inline]
    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.raw.poll_recv(cx).map(|envelope| envelope.map(|envelope| self.open(envelope)))
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        // Ready as soon as there is a message, so nothing stays in `batch` if the caller gives up.
        self.raw.poll_recv_many(cx, &mut self.batch, limit).map(|_| self.open_batch(buffer))
    }

    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.close();
        self.raw.try_recv().map(|envelope| self.open(envelope))
    }

    pub(super) fn blocking_recv(&mut self) -> Option<T> {
        self.close();
        let (message, carried) = self.raw.blocking_recv()?.into_parts();
        self.received.open_blocking(carried, &message, self.describe);
        Some(message)
    }

    pub(super) fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.close();
        self.raw.blocking_recv_many(&mut self.batch, limit);
        self.open_batch(buffer)
    }

    #[inline]
    fn open(&mut self, envelope: Envelope<T>) -> T {
        let (message, carried) = envelope.into_parts();
        self.received.open(carried, &message, self.describe);
        message
    }

    fn open_batch(&mut self, buffer: &mut Vec<T>) -> usize {
        if self.batch.len() == 1 {
            // A batch of one is a message like any other.
            let envelope = self.batch.pop();
            buffer.extend(envelope.map(|envelope| self.open(envelope)));
            return 1;
        }
        let count = self.batch.len();
        let mut carried: Vec<Carried> = Vec::with_capacity(count);
        buffer.extend(self.batch.drain(..).map(|envelope| {
            let (message, context) = envelope.into_parts();
            carried.push(context);
            message
        }));
        if let Some(first) = buffer.get(buffer.len() - count).filter(|_| count > 0) {
            self.received.open_batch(&mut carried, first, self.describe);
        }
        count
    }
}
