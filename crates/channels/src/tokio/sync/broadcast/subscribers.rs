//! The subscribers of a channel, if somebody observes their mailboxes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use traced_actor::__private::is_observed;
use traced_actor::Envelope;
use traced_actor::sync::wrap::{BroadcastMessage, Channel, Describe};

use super::error::{RecvError, TryRecvError};

/// The mailboxes of all subscribers of a channel, shared by its senders and receivers.
///
/// Each subscriber has its own mailbox, since each is to receive all messages. tokio keeps the messages in one ring.
pub(super) struct Subscribers<T> {
    describe: Describe<T>,
    capacity: usize,
    /// `None` if nobody observes mailboxes.
    all: Option<Arc<Mutex<Numbered<T>>>>,
}

/// The subscribers' mailboxes with ascending numbers.
type Numbered<T> = Vec<(u64, Channel<T>)>;

/// The mailbox of one subscriber.
pub(super) struct Subscription<T> {
    pub(super) all: Subscribers<T>,
    pub(super) channel: Channel<T>,
    number: u64,
}

impl<T> Subscribers<T> {
    /// Creates the list for a new channel.
    pub(super) fn new(describe: Describe<T>, capacity: usize) -> Self {
        // Rounded as tokio does.
        let capacity = capacity.checked_next_power_of_two().unwrap_or(capacity);
        Self { describe, capacity, all: is_observed().then(Arc::default) }
    }

    pub(super) fn describe(&self) -> Describe<T> {
        self.describe
    }

    /// Adds a subscriber.
    pub(super) fn subscribe(&self) -> Subscription<T> {
        let Some(mut all) = self.lock() else {
            return Subscription { all: self.clone(), channel: self.describe.into(), number: 0 };
        };
        let channel = Channel::new(self.describe, Some(self.capacity));
        let number = all.last().map_or(0, |(last, _)| last + 1);
        all.push((number, channel.clone()));
        drop(all);
        Subscription { all: self.clone(), channel, number }
    }

    /// Counts a message in the mailbox of each subscriber, before it is sent.
    #[inline]
    pub(super) fn count(&self, message: &BroadcastMessage<T>) {
        if let Some(all) = self.lock() {
            all.iter().for_each(|(_, channel)| channel.count(message.message_context()));
        }
    }

    #[inline]
    fn lock(&self) -> Option<MutexGuard<'_, Numbered<T>>> {
        Some(self.all.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Clone for Subscribers<T> {
    fn clone(&self) -> Self {
        Self { describe: self.describe, capacity: self.capacity, all: self.all.clone() }
    }
}

impl<T> fmt::Debug for Subscribers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribers").finish_non_exhaustive()
    }
}

impl<T> Subscription<T> {
    /// Returns the envelope of a received message. Counts the messages that were lost, if it failed for that.
    #[inline]
    pub(super) fn received<E: Lagged>(
        &self,
        received: Result<BroadcastMessage<T>, E>,
    ) -> Result<Envelope<T>, E> {
        if let Err(error) = &received {
            error.lagged().into_iter().for_each(|messages| self.channel.lagged(messages));
        }
        received.map(BroadcastMessage::into_envelope)
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        if let Some(mut all) = self.all.lock()
            && let Ok(at) = all.binary_search_by_key(&self.number, |(number, _)| *number)
        {
            all.remove(at);
        }
    }
}

/// An error that may say how many messages a subscriber has lost.
pub(super) trait Lagged {
    fn lagged(&self) -> Option<u64>;
}

impl Lagged for RecvError {
    fn lagged(&self) -> Option<u64> {
        match self {
            Self::Lagged(messages) => Some(*messages),
            Self::Closed => None,
        }
    }
}

impl Lagged for TryRecvError {
    fn lagged(&self) -> Option<u64> {
        match self {
            Self::Lagged(messages) => Some(*messages),
            Self::Empty | Self::Closed => None,
        }
    }
}
