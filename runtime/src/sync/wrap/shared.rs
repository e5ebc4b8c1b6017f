//! The last messages of a receiver that is used through `&self`, by several flows perhaps.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::asked::{Last, OpenNext, Receive, ReceiveEnvelope};
use super::{How, Received};
use crate::Envelope;
use crate::envelope::Describe;
use crate::flow::{self, FlowKey, Place};

/// The messages that a receiver handed out last, one in each flow that uses it. As [`OpenMessage`](super::OpenMessage), for a
/// receiver that is used through `&self`.
///
/// A message ends at the next receive *in the same flow*: another flow's leaves it open. It also ends when this is dropped.
/// A clone of the receiver has its own: see [`another`](Self::another).
///
/// # Cost
///
/// Four short locks a receive, which nobody waits for unless the receiver is shared, and a look through at most 64 flows. Receiving an
/// unsampled message allocates nothing once the flow has received one.
pub struct OpenMessages<M> {
    describe: Describe<M>,
    /// One for each flow, open or ended. What has ended is kept for the flow's next message.
    last: Mutex<Vec<(FlowKey, flow::OpenMessage)>>,
}

/// From here on, what flows that are over left behind is looked for.
const MANY: usize = 64;

// A part of every receiver: two words for the description, five for the list and its lock.
const _: () = assert!(size_of::<OpenMessages<[u64; 8]>>() <= 56);

impl<M> OpenMessages<M> {
    /// Returns the state of a receiver that has received nothing yet.
    pub fn new(describe: Describe<M>) -> Self {
        Self { describe, last: Mutex::default() }
    }

    /// Returns the state of another receiver of the same channel, with last messages of its own.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::new(self.describe)
    }

    /// Returns how the channel's messages are described.
    pub fn describe(&self) -> Describe<M> {
        self.describe
    }

    // ----- a receive in one call -----

    /// Receives by a channel's own future: the last message ends at the first poll, or when the future is dropped without one; the
    /// next one opens when it is there.
    ///
    /// # Cancel safety
    ///
    /// As `future`.
    #[track_caller]
    pub fn receive<F>(
        &self,
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
    #[track_caller]
    pub fn receive_now<R: Received<M>>(&self, how: How, receive: impl FnOnce() -> R) -> R::Opened {
        let place = Place::of(how);
        self.close();
        receive().open_with(|envelope| self.open(envelope, place))
    }

    /// As [`receive`](Self::receive), and opens nothing: the envelope is given out as it is.
    pub fn receive_envelope<F>(&self, future: F) -> impl Future<Output = F::Output> + use<'_, M, F>
    where
        F: Future<Output: Received<M>>,
    {
        ReceiveEnvelope::new(self, future)
    }

    /// As [`receive_now`](Self::receive_now), and opens nothing: the envelope is given out as it is.
    pub fn receive_envelope_now<R: Received<M>>(&self, receive: impl FnOnce() -> R) -> R {
        self.close();
        receive().aside()
    }

    // ----- its parts -----

    /// Opens the message of an envelope that was received, and returns it.
    pub fn open(&self, envelope: Envelope<M>, place: Place) -> M {
        let (message, carried) = envelope.into_parts();
        let (here, mut last) = self.take().unwrap_or_else(|| (FlowKey::here(), flow::OpenMessage::default()));
        // Again, since several futures of one flow may have been waiting. Not under the lock: this runs the message's own code.
        last.close();
        last.open(carried, &message, self.describe, place);
        self.put(here, last);
        message
    }

    /// Ends the last message of this flow, unless a handler has claimed it.
    pub fn close(&self) {
        if let Some((here, mut last)) = self.take() {
            // Not under the lock: a recorder is told.
            last.close();
            self.put(here, last);
        }
    }

    /// Takes out what this flow has received last, ended or not.
    fn take(&self) -> Option<(FlowKey, flow::OpenMessage)> {
        let here = FlowKey::known()?;
        let mut all = self.lock();
        let at = all.iter().position(|(flow, _)| *flow == here)?;
        Some(all.swap_remove(at))
    }

    fn put(&self, here: FlowKey, last: flow::OpenMessage) {
        let mut all = self.lock();
        let over: Vec<_> = if all.len() < MANY {
            Vec::new()
        } else {
            all.extract_if(.., |(_, last)| last.is_over()).collect()
        };
        all.push((here, last));
        // What is dropped may tell a recorder.
        drop(all);
        drop(over);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(FlowKey, flow::OpenMessage)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Last for &OpenMessages<M> {
    fn close(&mut self) {
        OpenMessages::close(self);
    }
}

/// For a future that owns its receiver.
impl<M> Last for OpenMessages<M> {
    fn close(&mut self) {
        OpenMessages::close(self);
    }
}

impl<M> OpenNext<M> for &OpenMessages<M> {
    fn open_next(&mut self, envelope: Envelope<M>, place: Place) -> M {
        self.open(envelope, place)
    }
}

impl<M> fmt::Debug for OpenMessages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenMessages").finish_non_exhaustive()
    }
}
