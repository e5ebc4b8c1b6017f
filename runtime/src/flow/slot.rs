//! The slot of a receiver, which tells whether its last unsampled message is still open, wherever its flow runs.
//!
//! An unsampled message has no allocation. A flow in which one is open refers to the receiver's slot, and to the epoch
//! that the slot had at the receive. The message is open while the slot still has that epoch. So a receiver that has
//! moved to another flow or thread ends its last message by a new epoch, and flows skip entries with an old one.
//!
//! Slots are never freed. They are reused for messages of the same type, so each type has as many as its receivers had
//! unsampled messages open at the same time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::observe::note_claimed;

/// Tells which of a receiver's unsampled messages is open.
pub(crate) struct ReceiverSlot {
    /// A hash of the type of the receiver's messages in the upper half, the epoch in the lower.
    open: AtomicU64,
    /// The address of the type's name.
    name: AtomicUsize,
    /// The epoch of the last message that a handler has claimed.
    claimed: AtomicU32,
    /// The handling of the message that is open, if it is observed.
    handling: AtomicU32,
}

/// The free slots, by the type of the messages.
///
/// A flow that lost its message asks the slot for its type. Another receiver of that type may have the slot by then.
static FREE: Mutex<BTreeMap<u32, Vec<&'static ReceiverSlot>>> = Mutex::new(BTreeMap::new());

const EPOCH: u64 = 0xffff_ffff;

/// The number of slots that are created at a time.
const BLOCK: usize = 16;

impl ReceiverSlot {
    fn new(of_type: u32) -> Self {
        Self {
            open: AtomicU64::new(u64::from(of_type) << 32),
            name: AtomicUsize::new(0),
            claimed: AtomicU32::new(u32::MAX),
            handling: AtomicU32::new(0),
        }
    }

    /// Takes a free slot, for messages of the type with this name and this hash.
    pub(super) fn take(name: &'static str, of_type: u32) -> &'static Self {
        let slot = {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            let free = free.entry(of_type).or_default();
            if free.is_empty() {
                let block: &'static [Self; BLOCK] =
                    Box::leak(Box::new(std::array::from_fn(|_| Self::new(of_type))));
                free.extend(block);
            }
            free.pop().unwrap_or_else(|| Box::leak(Box::new(Self::new(of_type))))
        };
        slot.name.store(name.as_ptr().addr(), Relaxed);
        slot
    }

    /// Releases the slot for reuse. Its last message is no longer open.
    pub(super) fn give_back(&'static self) {
        self.end();
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.entry(self.of_type()).or_default().push(self);
    }

    /// Returns whether the message that was opened in this epoch is still open.
    #[inline]
    pub(super) fn is_open(&self, epoch: u32) -> bool {
        self.epoch() == epoch
    }

    /// Sets the handling of the open message.
    pub(super) fn set_handling(&self, number: u32) {
        self.handling.store(number, Relaxed);
    }

    /// Returns the handling of the open message, or 0 if it is not observed.
    #[inline]
    pub(super) fn handling(&self) -> u32 {
        self.handling.load(Relaxed)
    }

    /// Takes the handling of the open message.
    pub(super) fn take_handling(&self) -> u32 {
        self.handling.swap(0, Relaxed)
    }

    /// Marks the message that was opened in this epoch as claimed by a handler. The flow no longer has it.
    #[inline]
    pub(super) fn claim(&self, epoch: u32) {
        self.claimed.store(epoch, Relaxed);
        if self.handling() != 0 {
            note_claimed(self.take_handling());
        }
    }

    /// Returns whether a handler has claimed the message that the receiver opened in this epoch.
    ///
    /// The next message then has another epoch. Only the receiver calls this, and only it changes the slot of a message
    /// that no flow has.
    #[inline]
    pub(super) fn was_claimed(&self, epoch: u32) -> bool {
        let claimed = self.claimed.load(Relaxed) == epoch;
        if claimed {
            let open = self.open.load(Relaxed);
            self.open.store(open & !EPOCH | u64::from(epoch.wrapping_add(1)), Relaxed);
        }
        claimed
    }

    /// Returns whether its messages have the type of this name. Compares addresses, so `false` may be wrong.
    #[inline]
    pub(super) fn is_named(&self, name: &'static str) -> bool {
        self.name.load(Relaxed) == name.as_ptr().addr()
    }

    /// Returns the hash of the type of the receiver's messages.
    pub(super) fn of_type(&self) -> u32 {
        (self.open.load(Relaxed) >> 32) as u32
    }

    /// Ends the open message. Other threads may end it at the same time.
    #[cold]
    pub(super) fn end(&self) {
        let _ = self.open.fetch_update(Relaxed, Relaxed, |open| Some(next(open)));
    }

    /// Ends the message that was opened in this epoch if it is still open. Other threads may end it at the same time.
    #[cold]
    pub(super) fn end_of(&self, epoch: u32) {
        let is_it = |open: u64| open & EPOCH == u64::from(epoch);
        let _ = self.open.fetch_update(Relaxed, Relaxed, |open| is_it(open).then(|| next(open)));
    }

    /// Returns the epoch for a message that is received now.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
    pub(super) fn epoch(&self) -> u32 {
        self.open.load(Relaxed) as u32
    }
}

/// Returns the next epoch. The type stays, because flows with an old epoch ask for it.
const fn next(open: u64) -> u64 {
    open & !EPOCH | open.wrapping_add(1) & EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_seen_by_whoever_has_the_epoch() {
        let slot = ReceiverSlot::new(7);
        let first = slot.epoch();
        assert!(slot.is_open(first));
        slot.end();
        assert!(!slot.is_open(first));
        let second = slot.epoch();
        assert!(slot.is_open(second));
        slot.end_of(first);
        assert!(slot.is_open(second), "an older message ends nothing");
        assert!(!slot.was_claimed(second));
        slot.claim(second);
        assert!(slot.was_claimed(second));
        assert!(!slot.is_open(second), "the next message has another epoch");
        assert!(!slot.was_claimed(slot.epoch()));
    }

    #[test]
    fn a_slot_that_is_used_again_does_not_open_what_it_ended() {
        let slot = ReceiverSlot::take("Post", 7);
        let before = slot.epoch();
        assert_eq!(slot.of_type(), 7);
        slot.give_back();
        assert!(!slot.is_open(before));
    }
}
