//! The counts of a mailbox, which senders and the receiver share.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// The counts of an observed mailbox: how many messages are in it, and since when.
///
/// Channels of [`traced_actor::sync`](crate::sync), and those that are wrapped as a [`Channel`](crate::sync::wrap::Channel), have one if
/// an observer was installed when they were created. The counts are read while other threads write them, so two counts that are read
/// together may differ by a few messages.
pub struct Mailbox {
    type_name: &'static str,
    capacity: usize,
    sent: AtomicU64,
    taken: AtomicU64,
    /// The number and send time of the message that was sent into the empty mailbox.
    first: AtomicU64,
    first_sent: AtomicU64,
    note: AtomicU32,
    pub(super) receivers: AtomicU32,
    /// Whether several threads may receive at the same time.
    is_shared: bool,
}

impl Mailbox {
    /// Creates the counts of an empty mailbox. An unbounded mailbox has the capacity 0.
    pub(crate) fn new(type_name: &'static str, capacity: usize, is_shared: bool) -> Self {
        Self {
            type_name,
            capacity,
            sent: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            first: AtomicU64::new(u64::MAX),
            first_sent: AtomicU64::new(0),
            note: AtomicU32::new(0),
            receivers: AtomicU32::new(0),
            is_shared,
        }
    }

    /// Counts a message that is put in next, with the time of its send.
    #[inline]
    pub(crate) fn put(&self, sent: u64) {
        let number = self.sent.fetch_add(1, Relaxed);
        if self.taken.load(Relaxed) == number {
            self.first_sent.store(sent, Relaxed);
            self.first.store(number, Relaxed);
        }
    }

    /// Takes back the count of a message that was not put in.
    #[cold]
    pub(crate) fn withdraw(&self) {
        self.sent.fetch_sub(1, Relaxed);
    }

    /// Counts messages that were taken out.
    #[inline]
    pub(crate) fn take(&self, messages: u64) {
        let taken = self.taken() + messages;
        if self.is_shared {
            self.taken.fetch_add(messages, Relaxed);
        } else {
            self.taken.store(taken, Relaxed);
        }
        // It was put in past the sender that counts, such as through the channel's own sender.
        if taken > self.sent.load(Relaxed) {
            self.sent.fetch_max(taken, Relaxed);
        }
    }

    /// Returns the type name of its messages.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Returns how many messages it has room for, or `None` if it is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        (self.capacity > 0).then_some(self.capacity)
    }

    /// Returns the number of messages that are in it. Messages that wait for room are not in it.
    pub fn depth(&self) -> u64 {
        let most = self.capacity().map_or(u64::MAX, |capacity| capacity as u64);
        self.sent.load(Relaxed).saturating_sub(self.taken()).min(most)
    }

    /// Returns the number of messages that were taken out of it.
    pub fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// Returns the send time of its oldest message, as returned by the observer. Zero stands for no time.
    ///
    /// The time is known only if that message was sent into an empty mailbox. Returns `None` otherwise, and for an
    /// empty mailbox.
    pub fn oldest_sent(&self) -> Option<u64> {
        let is_oldest = self.first.load(Relaxed) == self.taken() && self.depth() > 0;
        is_oldest.then(|| self.first_sent.load(Relaxed))
    }

    /// Returns the number that the observer has noted, or 0 if it has noted none.
    #[inline]
    pub fn note(&self) -> u32 {
        self.note.load(Relaxed)
    }

    /// Notes a number, such as the index under which the observer keeps more data about the mailbox.
    pub fn set_note(&self, note: u32) {
        self.note.store(note, Relaxed);
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({}, {})", self.type_name, self.depth())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_message_is_known_where_it_came_into_an_empty_mailbox() {
        let mailbox = Mailbox::new("M", 2, false);
        assert_eq!((mailbox.depth(), mailbox.oldest_sent()), (0, None));
        mailbox.put(10);
        mailbox.put(20);
        assert_eq!((mailbox.depth(), mailbox.oldest_sent()), (2, Some(10)));
        mailbox.take(1);
        assert_eq!((mailbox.depth(), mailbox.oldest_sent()), (1, None), "it came behind another one");
        mailbox.take(1);
        assert_eq!((mailbox.depth(), mailbox.oldest_sent()), (0, None));
        mailbox.put(30);
        assert_eq!((mailbox.depth(), mailbox.oldest_sent()), (1, Some(30)));
        mailbox.take(1);
        mailbox.put(0);
        assert_eq!(
            mailbox.oldest_sent(),
            Some(0),
            "it came into an empty mailbox, at a time that nobody noted"
        );
        assert_eq!((mailbox.capacity(), Mailbox::new("M", 0, false).capacity()), (Some(2), None));
    }

    #[test]
    fn a_message_that_nobody_has_counted_is_counted_when_it_is_taken() {
        let mailbox = Mailbox::new("M", 0, false);
        mailbox.take(1);
        assert_eq!(mailbox.depth(), 0);
        mailbox.put(10);
        assert_eq!(
            (mailbox.depth(), mailbox.oldest_sent()),
            (1, Some(10)),
            "the next one is not hidden by it"
        );
        mailbox.take(1);
        mailbox.put(20);
        mailbox.withdraw();
        assert_eq!((mailbox.depth(), mailbox.oldest_sent()), (0, None));
    }

    #[test]
    fn what_waits_for_room_is_not_in_it() {
        let mailbox = Mailbox::new("M", 2, false);
        (0..5).for_each(|_| mailbox.put(1));
        assert_eq!(mailbox.depth(), 2);
        mailbox.take(4);
        assert_eq!(mailbox.depth(), 1);
    }

    #[test]
    fn several_receivers_lose_no_count() {
        let mailbox = Mailbox::new("M", 0, true);
        (0..20_000).for_each(|_| mailbox.put(1));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..9000).for_each(|_| mailbox.take(1)));
            }
        });
        assert_eq!(mailbox.depth(), 2000);
    }
}
