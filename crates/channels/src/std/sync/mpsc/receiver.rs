//! The receiving half.

use ::std::fmt;
use ::std::sync::mpsc;
use ::std::time::Duration;

use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, OpenMessages, ReceiveMode};

use super::{RecvError, RecvTimeoutError, TryRecvError};

/// Receives messages, and opens the span of each that is sampled.
///
/// Every method that receives ends the previous message of this receiver in the same task or thread. So does dropping
/// the receiver.
pub struct Receiver<T> {
    inner: mpsc::Receiver<Envelope<T>>,
    last: OpenMessages<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: mpsc::Receiver<Envelope<T>>, channel: &Channel<T>) -> Self {
        Self { inner, last: OpenMessages::new(channel) }
    }

    // ----- receiving -----

    /// Receives the next message if one is waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or empty and all senders are dropped.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.last.receive_now(ReceiveMode::Try, || self.inner.try_recv())
    }

    /// Receives the next message, blocking until there is one.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and all senders are dropped.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.last.receive_now(ReceiveMode::Blocking, || self.inner.recv())
    }

    /// Receives the next message, blocking for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Returns an error if no message arrives in time, or if the channel is empty and all senders are dropped.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.last.receive_now(ReceiveMode::Blocking, || self.inner.recv_timeout(timeout))
    }

    // ----- receiving without a span -----

    /// Receives the next message in its envelope if one is waiting. Ends the previous message and opens no span.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or empty and all senders are dropped.
    pub fn try_recv_envelope(&self) -> Result<Envelope<T>, TryRecvError> {
        self.last.receive_envelope_now(|| self.inner.try_recv())
    }

    /// Receives the next message in its envelope, blocking until there is one. Ends the previous message and opens no
    /// span.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and all senders are dropped.
    pub fn recv_envelope(&self) -> Result<Envelope<T>, RecvError> {
        self.last.receive_envelope_now(|| self.inner.recv())
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
