//! The receiving half.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, OpenMessages, ReceiveMode};

use super::{RecvError, RecvTimeoutError, TryRecvError};

/// Receives messages, and opens the span of each that is sampled.
///
/// Every method that receives ends the previous message of this receiver in the same task or thread.
pub struct Receiver<T> {
    inner: crossbeam_channel::Receiver<Envelope<T>>,
    last: OpenMessages<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: crossbeam_channel::Receiver<Envelope<T>>, channel: &Channel<T>) -> Self {
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

    /// Receives the next message, blocking until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// Returns an error if no message arrives in time, or if the channel is empty and all senders are dropped.
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.last.receive_now(ReceiveMode::Blocking, || self.inner.recv_deadline(deadline))
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

    /// Returns whether both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

// For any `T`, like crossbeam's own: a span ends only once.
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

/// A receiver of the same channel, with its own last message. Each message goes to one of them.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), last: self.last.another() }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
