//! The receiving half.

use std::fmt;
use std::time::{Duration, Instant};

use super::r#async::{Handle, RecvEnvelopeFut, RecvFut, RecvStream};
use super::{RecvError, RecvTimeoutError, TryRecvError};
use traced_actor::Envelope;
use traced_actor::sync::wrap::{Channel, OpenMessages, ReceiveMode, ReceiveSite};

/// Receives messages, and opens the span of each that is sampled.
///
/// Every method that receives ends the previous message of this receiver in the same task or thread.
pub struct Receiver<T> {
    pub(super) inner: ::flume::Receiver<Envelope<T>>,
    pub(super) shared: OpenMessages<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: ::flume::Receiver<Envelope<T>>, channel: &Channel<T>) -> Self {
        Self { inner, shared: OpenMessages::new(channel) }
    }

    // ----- receiving -----

    /// Receives the next message if one is waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or empty and all senders are dropped.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.shared.receive_now(ReceiveMode::Try, || self.inner.try_recv())
    }

    /// Receives the next message, blocking until there is one.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and all senders are dropped.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.shared.receive_now(ReceiveMode::Blocking, || self.inner.recv())
    }

    /// Receives the next message, blocking until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// Returns an error if no message arrives in time, or if the channel is empty and all senders are dropped.
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.shared.receive_now(ReceiveMode::Blocking, || self.inner.recv_deadline(deadline))
    }

    /// Receives the next message, blocking for at most `dur`.
    ///
    /// # Errors
    ///
    /// Returns an error if no message arrives in time, or if the channel is empty and all senders are dropped.
    #[track_caller]
    pub fn recv_timeout(&self, dur: Duration) -> Result<T, RecvTimeoutError> {
        self.shared.receive_now(ReceiveMode::Blocking, || self.inner.recv_timeout(dur))
    }

    /// Receives the next message. The future returns an error if the channel is empty and all senders are dropped.
    ///
    /// The previous message ends at the first poll of the future. The span of the next message opens when the message
    /// is received.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped, as in flume.
    #[track_caller]
    pub fn recv_async(&self) -> RecvFut<'_, T> {
        RecvFut::new(self.inner.recv_async(), Handle::Ref(&self.shared), ReceiveSite::of(ReceiveMode::Async))
    }

    /// Takes the receiver and works like [`recv_async`](Self::recv_async). Dropping the future ends the message's span.
    #[track_caller]
    pub fn into_recv_async<'a>(self) -> RecvFut<'a, T> {
        RecvFut::new(
            self.inner.into_recv_async(),
            Handle::Owned(self.shared),
            ReceiveSite::of(ReceiveMode::Async),
        )
    }

    /// Returns the messages as a stream. Every call of `poll_next` ends the last message.
    pub fn stream(&self) -> RecvStream<'_, T> {
        RecvStream { inner: self.inner.stream(), handle: Handle::Ref(&self.shared) }
    }

    /// Takes the receiver and works like [`stream`](Self::stream).
    pub fn into_stream<'a>(self) -> RecvStream<'a, T> {
        RecvStream { inner: self.inner.into_stream(), handle: Handle::Owned(self.shared) }
    }

    // ----- receiving without a span -----

    /// Receives the next message in its envelope if one is waiting. Ends the previous message and opens no span.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty, or empty and all senders are dropped.
    pub fn try_recv_envelope(&self) -> Result<Envelope<T>, TryRecvError> {
        self.shared.receive_envelope_now(|| self.inner.try_recv())
    }

    /// Receives the next message in its envelope, blocking until there is one. Ends the previous message and opens no
    /// span.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is empty and all senders are dropped.
    pub fn recv_envelope(&self) -> Result<Envelope<T>, RecvError> {
        self.shared.receive_envelope_now(|| self.inner.recv())
    }

    /// Receives the next message in its envelope. Ends the previous message and opens no span.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped.
    pub fn recv_envelope_async(&self) -> RecvEnvelopeFut<'_, T> {
        RecvEnvelopeFut::new(self.inner.recv_async(), Handle::Ref(&self.shared))
    }

    // ----- the channel -----

    /// Returns whether all senders are dropped.
    pub fn is_disconnected(&self) -> bool {
        self.inner.is_disconnected()
    }

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

    /// Returns the number of senders.
    pub fn sender_count(&self) -> usize {
        self.inner.sender_count()
    }

    /// Returns the number of receivers.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// Returns whether both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

/// A receiver of the same channel, with its own last message. Each message goes to one of them.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: self.shared.another() }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
