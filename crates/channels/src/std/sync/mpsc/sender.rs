//! The sending halves.

use ::std::fmt;
use ::std::sync::mpsc;

use traced_actor::Envelope;
use traced_actor::sync::wrap::{Describe, SendAttempt, forward};

use super::{SendError, TrySendError};
use crate::reason::reason;

/// Sends messages with the context that is current when a method is called. Never waits.
pub struct Sender<T> {
    inner: mpsc::Sender<Envelope<T>>,
    describe: Describe<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(inner: mpsc::Sender<Envelope<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe }
    }

    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver is dropped.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let (attempt, envelope) = SendAttempt::start(t, self.describe);
        attempt.finish(self.inner.send(envelope), reason).map_err(bare)
    }

    /// Forwards an envelope with its own context.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the receiver is dropped.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        self.inner.send(forward(envelope))
    }
}

/// Sends messages into a bounded channel, with the context that is current when a method is called.
pub struct SyncSender<T> {
    inner: mpsc::SyncSender<Envelope<T>>,
    describe: Describe<T>,
}

impl<T> SyncSender<T> {
    pub(super) fn new(inner: mpsc::SyncSender<Envelope<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe }
    }

    /// Sends a message, blocking until there is room. In a rendezvous channel, blocks until the message is received.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver is dropped.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let (mut attempt, envelope) = SendAttempt::start(t, self.describe);
        // The channel does not tell whether it is full.
        let sent = match self.inner.try_send(envelope) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(envelope)) => Err(SendError(envelope)),
            Err(TrySendError::Full(envelope)) => {
                attempt.wait();
                self.inner.send(envelope)
            }
        };
        attempt.finish(sent, reason).map_err(bare)
    }

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is full or the receiver is dropped.
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        let (attempt, envelope) = SendAttempt::start(t, self.describe);
        attempt.finish(self.inner.try_send(envelope), reason).map_err(|error| match error {
            TrySendError::Full(envelope) => TrySendError::Full(envelope.into_message()),
            TrySendError::Disconnected(envelope) => TrySendError::Disconnected(envelope.into_message()),
        })
    }

    /// Forwards an envelope with its own context, blocking until there is room.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the receiver is dropped.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        self.inner.send(forward(envelope))
    }

    /// Forwards an envelope with its own context, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full or the receiver is dropped.
    pub fn try_send_envelope(&self, envelope: Envelope<T>) -> Result<(), TrySendError<Envelope<T>>> {
        self.inner.try_send(forward(envelope))
    }
}

fn bare<T>(SendError(envelope): SendError<Envelope<T>>) -> SendError<T> {
    SendError(envelope.into_message())
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.describe)
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.describe)
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
