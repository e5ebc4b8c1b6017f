//! The last message of a receiver that is used through `&mut self`.

use std::fmt;
use std::future::Future;

use super::asked::{Last, OpenNext, Receive, ReceiveEnvelope};
use super::{How, Received};
use crate::Envelope;
use crate::envelope::Describe;
use crate::flow::{self, Place};

/// The message that a receiver handed out last, which is open: what its flow sends continues its span.
///
/// A receiver that is used through `&mut self` keeps one. The message ends when the next one is asked for, and when this is dropped,
/// unless a handler has claimed it meanwhile. Each method that receives ends the last message first; a receiver's own method
/// forwards to the one that fits, and is `#[track_caller]`, since warnings name the place of a receive.
///
/// A receiver that is used through `&self`, or by several flows, keeps [`OpenMessages`](super::OpenMessages).
///
/// # Cost
///
/// Receiving an unsampled message allocates nothing.
pub struct OpenMessage<M> {
    pub(super) describe: Describe<M>,
    pub(super) last: flow::OpenMessage,
}

// A part of every receiver: two words for the description, the rest for the message.
const _: () = assert!(size_of::<OpenMessage<[u64; 8]>>() <= 64);

impl<M> OpenMessage<M> {
    /// Returns the state of a receiver that has received nothing yet.
    pub fn new(describe: Describe<M>) -> Self {
        Self { describe, last: flow::OpenMessage::default() }
    }

    // ----- a receive in one call -----

    /// Receives by a channel's own future: the last message ends at the first poll, or when the future is dropped without one; the
    /// next one opens when it is there.
    ///
    /// # Cancel safety
    ///
    /// As `future`.
    #[inline]
    #[track_caller]
    pub fn receive<F>(
        &mut self,
        future: F,
    ) -> impl Future<Output = <F::Output as Received<M>>::Opened> + use<'_, M, F>
    where
        F: Future<Output: Received<M>>,
    {
        Receive::new(self, Place::of(How::Async), future)
    }

    /// Receives by a channel's own function: the last message ends before it is called, and the next one opens when it returns.
    ///
    /// A `receive` that returns a `Poll` is [`How::Async`], one that blocks [`How::Blocking`], any other [`How::Try`].
    #[inline]
    #[track_caller]
    pub fn receive_now<R: Received<M>>(&mut self, how: How, receive: impl FnOnce() -> R) -> R::Opened {
        let place = Place::of(how);
        self.close();
        receive().open_with(|envelope| self.open(envelope, place))
    }

    /// As [`receive`](Self::receive), and opens nothing: the envelope is given out as it is.
    pub fn receive_envelope<F>(&mut self, future: F) -> impl Future<Output = F::Output> + use<'_, M, F>
    where
        F: Future<Output: Received<M>>,
    {
        ReceiveEnvelope::new(self, future)
    }

    /// As [`receive_now`](Self::receive_now), and opens nothing: the envelope is given out as it is.
    pub fn receive_envelope_now<R: Received<M>>(&mut self, receive: impl FnOnce() -> R) -> R {
        self.close();
        receive().aside()
    }

    // ----- its parts -----

    /// Opens the message of an envelope that was received, and returns it. The last one must have been [closed](Self::close).
    #[inline]
    pub fn open(&mut self, mut envelope: Envelope<M>, place: Place) -> M {
        self.open_in_place(&mut envelope, place);
        envelope.into_message()
    }

    /// Opens the message where it lies: each move of it costs as much as all else that is done here. The envelope is bare afterwards.
    #[inline]
    pub(crate) fn open_in_place(&mut self, envelope: &mut Envelope<M>, place: Place) {
        let carried = envelope.take_context();
        self.last.open(carried, envelope.message(), self.describe, place);
    }

    /// Opens messages that are handled together, and moves them from `batch` to the end of `buffer`. Returns how many.
    ///
    /// Two or more have one span, with a link to the sender of each that is sampled. One is a message like any other. The last one
    /// must have been [closed](Self::close).
    pub fn open_batch(&mut self, batch: &mut Vec<Envelope<M>>, buffer: &mut Vec<M>, place: Place) -> usize {
        let count = batch.len();
        if count == 1 {
            buffer.extend(batch.pop().map(|envelope| self.open(envelope, place)));
        } else if count > 1 {
            let mut carried = Vec::with_capacity(count);
            buffer.extend(batch.drain(..).map(|envelope| {
                let (message, context) = envelope.into_parts();
                carried.push(context);
                message
            }));
            let first = &buffer[buffer.len() - count];
            self.last.open_batch(carried, first, self.describe, place);
        }
        count
    }

    /// Ends the last message, unless a handler has claimed it.
    #[inline]
    pub fn close(&mut self) {
        self.last.close();
    }
}

impl<M> Last for &mut OpenMessage<M> {
    #[inline]
    fn close(&mut self) {
        self.last.close();
    }
}

impl<M> OpenNext<M> for &mut OpenMessage<M> {
    #[inline]
    fn open_next(&mut self, envelope: Envelope<M>, place: Place) -> M {
        self.open(envelope, place)
    }
}

impl<M> fmt::Debug for OpenMessage<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenMessage").finish_non_exhaustive()
    }
}
