//! The sending halves.

use ::std::fmt;
use ::std::sync::mpsc;

use traced_actor::Envelope;
use traced_actor::sync::wrap::Channel;

use super::{SendError, TrySendError};
use crate::reason::{forwarded, reason};

/// Sends messages with the context that is current when a method is called. Never waits.
pub struct Sender<T> {
    inner: mpsc::Sender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(inner: mpsc::Sender<Envelope<T>>, channel: Channel<T>) -> Self {
        Self { inner, channel }
    }

    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver is dropped.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let (attempt, envelope) = self.channel.start(t);
        attempt.finish(self.inner.send(envelope), reason).map_err(bare)
    }

    /// Forwards an envelope with its own context.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the receiver is dropped.
    pub fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.send(envelope))
    }
}

/// Sends messages into a bounded channel, with the context that is current when a method is called.
pub struct SyncSender<T> {
    inner: mpsc::SyncSender<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> SyncSender<T> {
    pub(super) fn new(inner: mpsc::SyncSender<Envelope<T>>, channel: Channel<T>) -> Self {
        Self { inner, channel }
    }

    /// Sends a message, blocking until there is room. In a rendezvous channel, blocks until the message is received.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver is dropped.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let (mut attempt, envelope) = self.channel.start(t);
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
        let (attempt, envelope) = self.channel.start(t);
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
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.send(envelope))
    }

    /// Forwards an envelope with its own context, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full or the receiver is dropped.
    pub fn try_send_envelope(&self, envelope: Envelope<T>) -> Result<(), TrySendError<Envelope<T>>> {
        let (attempt, envelope) = self.channel.forward(envelope);
        forwarded(attempt, self.inner.try_send(envelope))
    }
}

fn bare<T>(SendError(envelope): SendError<Envelope<T>>) -> SendError<T> {
    SendError(envelope.into_message())
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.channel.clone())
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.channel.clone())
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
