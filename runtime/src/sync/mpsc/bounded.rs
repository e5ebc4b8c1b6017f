//! The bounded channel.

use std::fmt;
use std::future::{Future, poll_fn};
use std::task::{Context, Poll};

use tokio::sync::mpsc as tokio_mpsc;

use super::error::{SendError, TryRecvError};
use super::inbox::{Inbox, Raw};
use crate::envelope::Describe;
use crate::{Envelope, Message};

/// A bounded channel of annotated messages, as [`tokio::sync::mpsc::channel`].
///
/// # Panics
///
/// When `buffer` is 0, as tokio's.
#[track_caller]
pub fn channel<T: Message>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    described(buffer, Describe::message())
}

/// A bounded channel of messages of any type; their kind is the type's name.
///
/// # Panics
///
/// When `buffer` is 0, as tokio's.
#[track_caller]
pub fn channel_of<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    described(buffer, Describe::type_name())
}

#[track_caller]
fn described<T>(buffer: usize, describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio_mpsc::channel(buffer);
    (Sender { inner: sender, describe }, Receiver { inbox: Inbox::new(receiver, describe) })
}

/// Sends messages with the context of what the sending task is working on.
pub struct Sender<T> {
    inner: tokio_mpsc::Sender<Envelope<T>>,
    describe: Describe<T>,
}

impl<T> Sender<T> {
    /// Sends a message, waiting for room in the channel.
    ///
    /// # Errors
    ///
    /// The message, when the receiver is gone.
    ///
    /// # Cancel safety
    ///
    /// As tokio's: if this is the event of another branch in a `select!`, the message may be lost. `reserve`
    /// first, and send through the permit.
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.inner.send(Envelope::capture_with(value, self.describe)).await.map_err(bare)
    }
}

/// Receives messages, and opens the span of each.
pub struct Receiver<T> {
    inbox: Inbox<tokio_mpsc::Receiver<Envelope<T>>, T>,
}

impl<T> Receiver<T> {
    /// The next message; `None` when all senders are gone and the channel is empty.
    ///
    /// The span of the last message ends when this is called; the next one's opens when it is there.
    ///
    /// # Cancel safety
    ///
    /// As tokio's: nothing is lost when the future is dropped.
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        self.inbox.close();
        poll_fn(|cx| self.inbox.poll_recv(cx))
    }
}

impl<T> Raw<T> for tokio_mpsc::Receiver<Envelope<T>> {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Envelope<T>>> {
        self.poll_recv(cx)
    }

    fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<Envelope<T>>,
        limit: usize,
    ) -> Poll<usize> {
        self.poll_recv_many(cx, buffer, limit)
    }

    fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.try_recv()
    }

    fn blocking_recv(&mut self) -> Option<Envelope<T>> {
        self.blocking_recv()
    }

    fn blocking_recv_many(&mut self, buffer: &mut Vec<Envelope<T>>, limit: usize) -> usize {
        self.blocking_recv_many(buffer, limit)
    }
}

fn bare<T>(SendError(envelope): SendError<Envelope<T>>) -> SendError<T> {
    SendError(envelope.into_message())
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), describe: self.describe }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inbox.raw.fmt(f)
    }
}
