//! An attempt to send a message: its context, its wait for room, and its end.

use std::fmt;
use std::mem;

use crate::Envelope;
use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{Waiting, capture};

/// An attempt to send a message.
///
/// [`new`](Self::new) captures the context of what the sender works on, and counts a recipient where a
/// [`fanout`](crate::fanout()) is running; [`envelope`](Self::envelope) puts it around the message. [`sent`](Self::sent),
/// [`failed`](Self::failed) or [`finish`](Self::finish) says how the attempt ended. In between it may wait for room. What a fan-out's
/// span records of failures and of waits comes from here, and is the same for every channel:
///
/// * every attempt is a recipient, also one that finds no room and does not wait;
/// * every attempt that fails is an error, whether the channel was closed, was full, or the time was over;
/// * an attempt that is dropped while it waits is an error: nobody gets the message;
/// * an envelope that is [forwarded](super::forward) is no attempt: it has been sent before.
///
/// # Cost
///
/// Sixteen bytes. No allocation but that of a sampled message's context, and one for a wait within a fan-out.
#[must_use = "an attempt ends with `sent`, `failed` or `finish`"]
pub struct Attempt {
    carried: MessageContext,
    waiting: Waiting,
}

// A part of the future of every send.
const _: () = assert!(size_of::<Attempt>() == 16);

impl Attempt {
    /// Begins to send a message now.
    ///
    /// Call this in the method that the message is given to, and not in the future that it returns: that may be polled when
    /// something else is worked on.
    #[inline]
    pub fn new<M>(message: &M, describe: Describe<M>) -> Self {
        Self { carried: capture(|| describe.kind(message)), waiting: Waiting::NONE }
    }

    /// Begins to send a message now, and returns it as it goes into the channel: [`new`](Self::new) and
    /// [`envelope`](Self::envelope).
    #[inline]
    pub fn start<M>(message: M, describe: Describe<M>) -> (Self, Envelope<M>) {
        let mut attempt = Self::new(&message, describe);
        let envelope = attempt.envelope(message);
        (attempt, envelope)
    }

    /// Returns the message as it goes into the channel. For each attempt once: another time, it would carry no context.
    #[inline]
    pub fn envelope<M>(&mut self, message: M) -> Envelope<M> {
        Envelope::carrying(message, mem::replace(&mut self.carried, MessageContext::ABSENT))
    }

    /// An attempt whose context was captured elsewhere.
    pub(super) const fn captured() -> Self {
        Self { carried: MessageContext::ABSENT, waiting: Waiting::NONE }
    }

    /// As [`envelope`](Self::envelope), of an attempt that has not waited and does not fail: there is room.
    #[inline]
    pub(crate) fn sealed<M>(self, message: M) -> Envelope<M> {
        let Self { carried, waiting } = self;
        mem::forget(waiting);
        Envelope::carrying(message, carried)
    }

    /// Notes that `message` was refused before it had an envelope, by a channel that reserves room first: the same as a
    /// [new](Self::new) attempt that [failed](Self::failed).
    #[cold]
    pub fn refused<M>(message: &M, describe: Describe<M>) {
        Self::new(message, describe).failed();
    }

    /// Notes that there is no room now, and that the attempt waits.
    #[cold]
    pub fn wait(&mut self) {
        if self.waiting.is_none() {
            self.waiting = Waiting::start();
        }
    }

    /// As [`wait`](Self::wait), of a channel that says whether it is full. Where it is not, this does nothing.
    #[inline]
    pub fn wait_if(&mut self, full: bool) {
        if full {
            self.wait();
        }
    }

    /// Ends the attempt: `sent` says whether the message is in the channel. Returns `sent`.
    ///
    /// # Errors
    ///
    /// As `sent`.
    #[inline]
    pub fn finish<T, E>(self, sent: Result<T, E>) -> Result<T, E> {
        self.waiting.end(sent.is_ok());
        sent
    }

    /// Ends the attempt: the message is in the channel.
    #[inline]
    pub fn sent(self) {
        self.waiting.end(true);
    }

    /// Ends the attempt: the message never will be in the channel.
    #[inline]
    pub fn failed(self) {
        self.waiting.end(false);
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt")
    }
}
