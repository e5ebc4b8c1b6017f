//! Room in a bounded channel that was reserved for messages to come.

use std::fmt;
use std::iter::FusedIterator;

use tokio::sync::mpsc as tokio_mpsc;

use super::Sender;
use crate::Envelope;
use crate::envelope::Describe;
use crate::sync::wrap::{Attempt, forward};

/// Room for one message. Made by [`Sender::reserve`] and [`Sender::try_reserve`]; dropped, it gives the room back.
pub struct Permit<'a, T> {
    inner: tokio_mpsc::Permit<'a, Envelope<T>>,
    describe: Describe<T>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(inner: tokio_mpsc::Permit<'a, Envelope<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe }
    }

    /// Sends the message, with the context that is current now. It succeeds even where the receiver is closed.
    pub fn send(self, value: T) {
        self.inner.send(Attempt::new(&value, self.describe).sealed(value));
    }

    /// Forwards an envelope with the context that it has.
    pub fn send_envelope(self, envelope: Envelope<T>) {
        self.inner.send(forward(envelope));
    }
}

/// Room for several messages. Made by [`Sender::reserve_many`] and [`Sender::try_reserve_many`]; dropped, it gives
/// back the rest.
pub struct PermitIterator<'a, T> {
    inner: tokio_mpsc::PermitIterator<'a, Envelope<T>>,
    describe: Describe<T>,
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(inner: tokio_mpsc::PermitIterator<'a, Envelope<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next().map(|permit| Permit::new(permit, self.describe))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

/// Room for one message, with the sender in it. Made by [`Sender::reserve_owned`] and
/// [`Sender::try_reserve_owned`]; dropped, it gives the room back.
pub struct OwnedPermit<T> {
    inner: tokio_mpsc::OwnedPermit<Envelope<T>>,
    describe: Describe<T>,
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(inner: tokio_mpsc::OwnedPermit<Envelope<T>>, describe: Describe<T>) -> Self {
        Self { inner, describe }
    }

    /// Sends the message, with the context that is current now, and returns the sender. It succeeds even where
    /// the receiver is closed.
    pub fn send(self, value: T) -> Sender<T> {
        let envelope = Attempt::new(&value, self.describe).sealed(value);
        Sender::new(self.inner.send(envelope), self.describe)
    }

    /// Forwards an envelope with the context that it has, and returns the sender.
    pub fn send_envelope(self, envelope: Envelope<T>) -> Sender<T> {
        Sender::new(self.inner.send(forward(envelope)), self.describe)
    }

    /// Gives the room back, and returns the sender.
    pub fn release(self) -> Sender<T> {
        Sender::new(self.inner.release(), self.describe)
    }

    /// Whether both permits are of the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Whether the sender is of the same channel.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.inner.same_channel_as_sender(&sender.inner)
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
