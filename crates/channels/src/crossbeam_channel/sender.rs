//! The sending half.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, SendAttempt};

use super::{SendError, SendTimeoutError, TrySendError};
use crate::reason::{forwarded, reason};

/// Sends messages with the context that is current when a method is called.
pub struct Sender<T> {
    inner: crossbeam_channel::Sender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(inner: crossbeam_channel::Sender<Envelope<T>>, channel: Channel<T>) -> Self {
        Self { inner, channel }
    }

    /// Starts a send, which waits while there is no room.
    fn attempt(&self, message: T) -> (SendAttempt, Envelope<T>) {
        let (mut attempt, envelope) = self.channel.start(message);
        attempt.wait_if(self.inner.is_full());
        (attempt, envelope)
    }

    // ----- sending -----

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is full or all receivers are dropped.
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let (attempt, envelope) = self.channel.start(msg);
        attempt.finish(self.inner.try_send(envelope), reason).map_err(|error| match error {
            TrySendError::Full(envelope) => TrySendError::Full(envelope.into_message()),
            TrySendError::Disconnected(envelope) => TrySendError::Disconnected(envelope.into_message()),
        })
    }

    /// Sends a message, blocking until there is room.
    ///
    /// # Errors
    ///
    /// Returns the message if all receivers are dropped.
    pub fn send(&self, msg: T) -> Result<(), SendError<T>> {
        let (attempt, envelope) = self.attempt(msg);
        attempt
            .finish(self.inner.send(envelope), reason)
            .map_err(|SendError(envelope)| SendError(envelope.into_message()))
    }

    /// Sends a message, blocking for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Returns the message if there is no room in time, or if all receivers are dropped.
    pub fn send_timeout(&self, msg: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let (attempt, envelope) = self.attempt(msg);
        attempt.finish(self.inner.send_timeout(envelope, timeout), reason).map_err(bare)
    }

    /// Sends a message, blocking for room until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// Returns the message if there is no room in time, or if all receivers are dropped.
    pub fn send_deadline(&self, msg: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        let (attempt, envelope) = self.attempt(msg);
        attempt.finish(self.inner.send_deadline(envelope, deadline), reason).map_err(bare)
    }

    /// Forwards an envelope with its own context, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full or all receivers are dropped.
    pub fn try_send_envelope(&self, envelope: Envelope<T>) -> Result<(), TrySendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.try_send(envelope))
    }

    /// Forwards an envelope with its own context, blocking until there is room.
    ///
    /// # Errors
    ///
    /// Returns the envelope if all receivers are dropped.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.send(envelope))
    }

    // ----- the channel -----

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

    /// Returns whether both send to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

fn bare<T>(error: SendTimeoutError<Envelope<T>>) -> SendTimeoutError<T> {
    match error {
        SendTimeoutError::Timeout(envelope) => SendTimeoutError::Timeout(envelope.into_message()),
        SendTimeoutError::Disconnected(envelope) => SendTimeoutError::Disconnected(envelope.into_message()),
    }
}

// For any `T`, like crossbeam's own.
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.channel.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
