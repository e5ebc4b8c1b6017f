//! The error that returns a message. The error of the crate cannot be created with another message.

use std::any::Any;
use std::fmt;

use futures_channel::mpsc;
use traced_actor::Envelope;

use super::SendError;

/// A message that could not be sent, and the reason, like [`futures_channel::mpsc::TrySendError`].
#[derive(Clone, PartialEq, Eq)]
pub struct TrySendError<T> {
    err: SendError,
    val: T,
}

impl<T> TrySendError<T> {
    pub(super) fn new(error: mpsc::TrySendError<Envelope<T>>) -> Self {
        let full = error.is_full();
        Self { val: error.into_inner().into_message(), err: send_error(full) }
    }

    /// Returns whether the channel was full.
    pub fn is_full(&self) -> bool {
        self.err.is_full()
    }

    /// Returns whether the receiver is dropped.
    pub fn is_disconnected(&self) -> bool {
        self.err.is_disconnected()
    }

    /// Returns the message.
    pub fn into_inner(self) -> T {
        self.val
    }

    /// Returns the reason, and drops the message.
    pub fn into_send_error(self) -> SendError {
        self.err
    }
}

/// Creates the crate's own error, which it only creates in a failing send.
fn send_error(full: bool) -> SendError {
    let (mut sender, receiver) = mpsc::channel(0);
    let receiver = full.then_some(receiver);
    loop {
        if let Err(error) = sender.try_send(()) {
            drop(receiver);
            return error.into_send_error();
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrySendError").field("err", &self.err).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.err.fmt(f)
    }
}

impl<T: Any> std::error::Error for TrySendError<T> {}
