//! The bounded channel and its sender.

use std::fmt;
use std::future::{Future, poll_fn};
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::sync::mpsc as tokio_mpsc;
use tokio::task::coop;

use super::Receiver;
use super::error::{SendError, SendTimeoutError, TrySendError};
use super::rx::Rx;
use crate::envelope::Describe;
use crate::observe::Unsent;
use crate::sync::wrap::Channel;
use crate::{Envelope, Message};

/// Creates a bounded channel for a type with `#[traced_actor]`, like [`tokio::sync::mpsc::channel`].
///
/// # Panics
///
/// Panics if `buffer` is 0 or greater than tokio's `Semaphore::MAX_PERMITS`.
#[track_caller]
pub fn channel<T: Message>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    described(buffer, Describe::message())
}

/// Creates a bounded channel for messages of any type. Their kind is the type's name.
///
/// # Panics
///
/// Panics if `buffer` is 0 or greater than tokio's `Semaphore::MAX_PERMITS`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use traced_actor::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel_named_by_type(8);
/// sender.send("hello").await.unwrap();
/// assert_eq!(receiver.recv().await, Some("hello"));
/// # }
/// ```
#[track_caller]
pub fn channel_named_by_type<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    described(buffer, Describe::type_name())
}

#[track_caller]
pub(super) fn described<T>(buffer: usize, describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio_mpsc::channel(buffer);
    let channel = Channel::opened(describe, buffer, false);
    let receiver = Receiver { rx: Rx::new(receiver, &channel) };
    (Sender { inner: sender, channel }, receiver)
}

/// Sends messages with the trace context of the span that the sending task is working on.
///
/// The context is captured when the method is called, even if the message then waits for room.
#[rustfmt::skip] // the compiler shows the next line where a file still names tokio's type
pub struct Sender<T> { // not tokio's: import `traced_actor::sync::mpsc` in each file that names the channel
    pub(super) inner: tokio_mpsc::Sender<Envelope<T>>,
    pub(crate) channel: Channel<T>,
}

impl<T> Sender<T> {
    // ----- sending -----

    /// Sends a message, waiting until there is room.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, as in a `select!` where another branch completes first, the
    /// message is lost. To keep the message, call [`reserve`](Self::reserve) first and send through the permit.
    #[expect(clippy::inline_always, reason = "a call returns the whole future, which is then copied")]
    #[inline(always)]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        // Here and not in the future: in a `select!` with a `recv()`, the span has ended before the first poll.
        let mut attempt = self.channel.attempt(&value);
        async move {
            let permit = if let Some(permit) = self.permit_now().await {
                Ok(permit)
            } else {
                self.channel.wait(&mut attempt, self.channel.observed(&value));
                self.inner.reserve().await
            };
            if let Ok(permit) = permit {
                // Not by `put`, which would move the envelope once more.
                self.channel.count(&attempt.context);
                permit.send(attempt.envelope(value));
                attempt.sent();
                Ok(())
            } else {
                self.channel.fail(attempt, &value, Unsent::Closed);
                Err(SendError(value))
            }
        }
    }

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the message if the channel is full, or if the receiver was closed or dropped.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        // In this order, since a message that finds no room needs no context.
        match self.inner.try_reserve() {
            Ok(permit) => {
                let attempt = self.channel.attempt(&message);
                self.channel.put(attempt.sealed(message), |envelope| permit.send(envelope));
                Ok(())
            }
            Err(TrySendError::Full(())) => {
                self.channel.refuse(&message, Unsent::Full);
                Err(TrySendError::Full(message))
            }
            Err(TrySendError::Closed(())) => {
                self.channel.refuse(&message, Unsent::Closed);
                Err(TrySendError::Closed(message))
            }
        }
    }

    /// Sends a message, waiting until there is room, but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// Returns the message if there was no room in time, or if the receiver was closed or dropped.
    ///
    /// # Panics
    ///
    /// Panics if the future is polled outside of a tokio runtime with an enabled timer.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is lost. To keep the message, call
    /// [`reserve`](Self::reserve) within `tokio::time::timeout`, and send through the permit.
    pub fn send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), SendTimeoutError<T>>> {
        let mut attempt = self.channel.attempt(&value);
        async move {
            let message = self.channel.observed(&value);
            let permit = async {
                if let Some(permit) = self.permit_now().await {
                    return Ok(permit);
                }
                self.channel.wait(&mut attempt, message);
                self.inner.reserve().await
            };
            match tokio::time::timeout(timeout, permit).await {
                Ok(Ok(permit)) => {
                    self.channel.put(attempt.envelope(value), |envelope| permit.send(envelope));
                    attempt.sent();
                    Ok(())
                }
                Ok(Err(SendError(()))) => {
                    self.channel.fail(attempt, &value, Unsent::Closed);
                    Err(SendTimeoutError::Closed(value))
                }
                Err(_) => {
                    self.channel.fail(attempt, &value, Unsent::Timeout);
                    Err(SendTimeoutError::Timeout(value))
                }
            }
        }
    }

    /// Sends a message, blocking the thread until there is room. For code that is not asynchronous.
    ///
    /// # Errors
    ///
    /// Returns the message if the receiver was closed or dropped.
    ///
    /// # Panics
    ///
    /// Panics if called in an asynchronous context.
    #[track_caller]
    #[doc(alias = "send_blocking")]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        let mut attempt = self.channel.attempt(&value);
        if self.inner.capacity() == 0 {
            self.channel.wait(&mut attempt, self.channel.observed(&value));
        }
        // Not by `try_put`: a closure would hide the caller, which a panic names.
        self.channel.count(&attempt.context);
        match self.inner.blocking_send(attempt.envelope(value)) {
            Ok(()) => {
                attempt.sent();
                Ok(())
            }
            Err(error) => {
                self.channel.withdraw();
                let SendError(value) = bare(error);
                self.channel.fail(attempt, &value, Unsent::Closed);
                Err(SendError(value))
            }
        }
    }

    /// Forwards an envelope with the context that it has, waiting until there is room.
    ///
    /// The recorded waiting time starts when the message was first sent.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the envelope is lost. To keep it, call
    /// [`reserve`](Self::reserve) first, and then [`Permit::send_envelope`](super::Permit::send_envelope).
    pub async fn send_envelope(&self, envelope: Envelope<T>) -> Result<(), SendError<Envelope<T>>> {
        let permit = match self.permit_now().await {
            Some(permit) => Ok(permit),
            None => self.inner.reserve().await,
        };
        let Ok(permit) = permit else { return Err(SendError(envelope)) };
        self.channel.put(envelope, |envelope| permit.send(envelope.sent()));
        Ok(())
    }

    /// Forwards an envelope with the context that it has, if there is room now.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the channel is full, or if the receiver was closed or dropped.
    pub fn try_send_envelope(&self, envelope: Envelope<T>) -> Result<(), TrySendError<Envelope<T>>> {
        self.channel.try_put(envelope, |envelope| self.inner.try_send(envelope.sent()))
    }

    /// Reserves room that is available now, like tokio's `reserve`, without entering the queue of senders.
    ///
    /// Entering the queue costs more than everything that this crate adds to a message. No sender is overtaken: while
    /// senders wait, there is no room.
    #[inline]
    fn permit_now(&self) -> impl Future<Output = Option<tokio_mpsc::Permit<'_, Envelope<T>>>> {
        poll_fn(|cx| {
            // It uses up part of the task's budget, so that a loop that sends yields. If the budget is used up,
            // `reserve` does more than wait: it keeps the room, and notices that the channel is closed.
            if !coop::has_budget_remaining() {
                return Poll::Ready(None);
            }
            let coop = ready!(coop::poll_proceed(cx));
            let permit = self.inner.try_reserve().ok();
            if permit.is_some() {
                coop.made_progress();
            }
            Poll::Ready(permit)
        })
    }

    // ----- the channel -----

    /// Waits until the receiver is closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Once the channel is closed, it stays closed.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Returns whether the receiver was closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Returns whether both senders belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Returns how many more messages the channel has room for. Room that permits hold is not counted.
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// Returns how many messages the channel has room for when it is empty.
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }

    /// Returns the number of strong senders, which keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Returns the number of weak senders.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

/// Returns the error with the plain message in place of the envelope.
pub(super) fn bare<T>(SendError(envelope): SendError<Envelope<T>>) -> SendError<T> {
    SendError(envelope.into_message())
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: self.channel.clone() }
    }
}

/// The state of the sender's channel, for code that sends through tokio's own sender and counts its messages.
impl<T> From<&Sender<T>> for Channel<T> {
    fn from(sender: &Sender<T>) -> Self {
        sender.channel.clone()
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
