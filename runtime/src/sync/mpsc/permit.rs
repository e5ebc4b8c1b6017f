//! Reserved room in a bounded channel.

use std::fmt;
use std::iter::FusedIterator;

use tokio::sync::mpsc as tokio_mpsc;

use super::Sender;
use super::error::{SendError, TrySendError};
use crate::Envelope;
use crate::sync::wrap::Channel;

impl<T> Sender<T> {
    /// Waits for room for one message and reserves it, until the permit is used or dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, only the place in the queue of senders is lost.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use traced_actor::sync::mpsc;
    /// let (sender, mut receiver) = mpsc::channel_named_by_type(1);
    /// let permit = sender.reserve().await.unwrap();
    /// assert!(sender.try_send("no room").is_err());
    /// permit.send("this has room");
    /// assert_eq!(receiver.recv().await, Some("this has room"));
    /// # }
    /// ```
    ///
    /// In a `select!`, the message is not lost if another branch completes first:
    ///
    /// ```
    /// # use traced_actor::sync::mpsc;
    /// # async fn send_unless_stopped(sender: mpsc::Sender<u32>, stopped: impl Future<Output = ()>) {
    /// let message = 7;
    /// tokio::select! {
    ///     Ok(permit) = sender.reserve() => permit.send(message),
    ///     () = stopped => println!("{message} was not sent"),
    /// }
    /// # }
    /// ```
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        Ok(Permit { inner: self.inner.reserve().await?, channel: &self.channel })
    }

    /// Waits for room for `n` messages, and returns an iterator with a permit for each.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver was closed or dropped, or if `n` exceeds
    /// [`max_capacity`](Self::max_capacity).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, only the place in the queue of senders is lost.
    pub async fn reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        Ok(PermitIterator { inner: self.inner.reserve_many(n).await?, channel: &self.channel })
    }

    /// Waits for room for one message, and moves the sender into the permit.
    ///
    /// # Errors
    ///
    /// Returns an error if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the sender is dropped with it. To keep the sender, clone it
    /// first.
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        Ok(OwnedPermit { inner: self.inner.reserve_owned().await?, channel: self.channel })
    }

    /// Reserves room for one message if there is room now.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel is full, or if the receiver was closed or dropped.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        Ok(Permit { inner: self.inner.try_reserve()?, channel: &self.channel })
    }

    /// Reserves room for `n` messages if there is that much now.
    ///
    /// # Errors
    ///
    /// Returns an error if there is not enough room, or if the receiver was closed or dropped.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        Ok(PermitIterator { inner: self.inner.try_reserve_many(n)?, channel: &self.channel })
    }

    /// Reserves room for one message if there is room now, and moves the sender into the permit.
    ///
    /// # Errors
    ///
    /// Returns the sender if the channel is full, or if the receiver was closed or dropped.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let channel = self.channel;
        match self.inner.try_reserve_owned() {
            Ok(inner) => Ok(OwnedPermit { inner, channel }),
            Err(TrySendError::Full(inner)) => Err(TrySendError::Full(Self { inner, channel })),
            Err(TrySendError::Closed(inner)) => Err(TrySendError::Closed(Self { inner, channel })),
        }
    }
}

/// A permit to send one message. Created by [`Sender::reserve`] and [`Sender::try_reserve`].
///
/// If it is dropped unused, its room is released.
pub struct Permit<'a, T> {
    inner: tokio_mpsc::Permit<'a, Envelope<T>>,
    channel: &'a Channel<T>,
}

impl<T> Permit<'_, T> {
    /// Sends the message with the context that is current now. Succeeds even if the receiver was closed.
    ///
    /// The recorded waiting time starts here. It does not include the wait for the permit.
    pub fn send(self, value: T) {
        let attempt = self.channel.attempt(&value);
        self.channel.put(attempt.sealed(value), |envelope| self.inner.send(envelope));
    }

    /// Forwards an envelope with the context that it has.
    pub fn send_envelope(self, envelope: Envelope<T>) {
        self.channel.put(envelope, |envelope| self.inner.send(envelope.sent()));
    }
}

/// An iterator of permits. Created by [`Sender::reserve_many`] and [`Sender::try_reserve_many`].
///
/// If it is dropped, the room of the remaining permits is released.
pub struct PermitIterator<'a, T> {
    inner: tokio_mpsc::PermitIterator<'a, Envelope<T>>,
    channel: &'a Channel<T>,
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next().map(|inner| Permit { inner, channel: self.channel })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

/// A permit that owns its sender. Created by [`Sender::reserve_owned`] and [`Sender::try_reserve_owned`].
///
/// If it is dropped unused, its room is released.
pub struct OwnedPermit<T> {
    inner: tokio_mpsc::OwnedPermit<Envelope<T>>,
    channel: Channel<T>,
}

impl<T> OwnedPermit<T> {
    /// Sends the message with the context that is current now, and returns the sender.
    ///
    /// Succeeds even if the receiver was closed.
    pub fn send(self, value: T) -> Sender<T> {
        let attempt = self.channel.attempt(&value);
        let sender = self.channel.put(attempt.sealed(value), |envelope| self.inner.send(envelope));
        Sender { inner: sender, channel: self.channel }
    }

    /// Forwards an envelope with the context that it has, and returns the sender.
    pub fn send_envelope(self, envelope: Envelope<T>) -> Sender<T> {
        let sender = self.channel.put(envelope, |envelope| self.inner.send(envelope.sent()));
        Sender { inner: sender, channel: self.channel }
    }

    /// Releases the room without sending, and returns the sender.
    pub fn release(self) -> Sender<T> {
        Sender { inner: self.inner.release(), channel: self.channel }
    }

    /// Returns whether both permits belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Returns whether the permit and the sender belong to the same channel.
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
