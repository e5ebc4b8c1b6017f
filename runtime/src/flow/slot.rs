//! The slot of a receiver: whether the unsampled message that it handed out is open still, wherever its flow runs.
//!
//! An unsampled message owns no allocation. A flow in which one is open has the receiver's slot, and the epoch that the
//! slot had at the receive. The message is open while the slot's epoch is that one. So a receiver that has moved to another flow or thread
//! ends its last message by a new epoch, and whoever meets the stale one passes over it.
//!
//! Slots are never freed, and are used again: there are as many as receivers had unsampled messages open at the same time.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Where a receiver says which of its unsampled messages is open.
pub(crate) struct Slot {
    /// A hash of the type of the receiver's messages in the upper half, the epoch in the lower.
    open: AtomicU64,
    /// The address of the type's name.
    name: AtomicUsize,
}

static FREE: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());

const EPOCH: u64 = 0xffff_ffff;

/// Slots that are made at a time.
const BLOCK: usize = 64;

impl Slot {
    const fn new() -> Self {
        Self { open: AtomicU64::new(0), name: AtomicUsize::new(0) }
    }

    /// Takes a slot that no receiver has, for messages of the type of this name, with this hash.
    pub(super) fn take(name: &'static str, of_type: u32) -> &'static Self {
        let slot = {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            if free.is_empty() {
                let block: &'static [Self; BLOCK] = Box::leak(Box::new([const { Self::new() }; BLOCK]));
                free.extend(block);
            }
            free.pop().unwrap_or_else(|| Box::leak(Box::new(Self::new())))
        };
        slot.name.store(name.as_ptr().addr(), Relaxed);
        slot.open.store(u64::from(of_type) << 32 | slot.open.load(Relaxed) & EPOCH, Relaxed);
        slot
    }

    /// Gives the slot to whoever needs one next. Its last message is not open any more.
    pub(super) fn give_back(&'static self) {
        self.end();
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    /// Whether what was opened in this epoch is open still.
    #[inline]
    pub(super) fn is_open(&self, epoch: u32) -> bool {
        self.epoch() == epoch
    }

    /// Ends what was opened in this epoch: a handler of its flow has claimed it. Its receiver may end it at the same time.
    #[inline]
    pub(super) fn claim(&self, epoch: u32) {
        let open = self.open.load(Relaxed);
        self.open.store(open & !EPOCH | u64::from(epoch.wrapping_add(1)), Relaxed);
    }

    /// Whether its messages are of the type of this name, as far as the address tells: `false` may be wrong.
    #[inline]
    pub(super) fn is_named(&self, name: &'static str) -> bool {
        self.name.load(Relaxed) == name.as_ptr().addr()
    }

    /// Returns the hash of the type of the receiver's messages.
    pub(super) fn of_type(&self) -> u32 {
        (self.open.load(Relaxed) >> 32) as u32
    }

    /// Ends what is open. Other threads may end it at the same time.
    #[cold]
    pub(super) fn end(&self) {
        // The type stays: who meets the stale epoch asks which message it was.
        let next = |open: u64| open & !EPOCH | open.wrapping_add(1) & EPOCH;
        let _ = self.open.fetch_update(Relaxed, Relaxed, |open| Some(next(open)));
    }

    /// Ends what was opened in this epoch, if it is open still.
    #[cold]
    pub(super) fn end_of(&self, epoch: u32) {
        if self.is_open(epoch) {
            self.end();
        }
    }

    /// Returns the epoch in which a message is open that is received now.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
    pub(super) fn epoch(&self) -> u32 {
        self.open.load(Relaxed) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_seen_by_whoever_has_the_epoch() {
        let slot = Slot::new();
        let first = slot.epoch();
        assert!(slot.is_open(first));
        slot.end();
        assert!(!slot.is_open(first));
        let second = slot.epoch();
        assert!(slot.is_open(second));
        slot.end_of(first);
        assert!(slot.is_open(second), "an older message ends nothing");
        slot.claim(second);
        assert!(!slot.is_open(second));
        slot.end_of(second);
        assert!(slot.is_open(slot.epoch()));
    }

    #[test]
    fn a_slot_that_is_used_again_does_not_open_what_it_ended() {
        let slot = Slot::take("Post", 7);
        let before = slot.epoch();
        assert_eq!(slot.of_type(), 7);
        slot.give_back();
        assert!(!slot.is_open(before));
    }
}
