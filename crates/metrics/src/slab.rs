//! A bounded table with reusable places, which is read while others write it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The number of places that are allocated at a time.
const CHUNK: usize = 1024;

/// A table of places with numbers from one. Memory is allocated as needed and never freed.
pub(crate) struct Slab<T> {
    chunks: Box<[OnceLock<Box<[T; CHUNK]>>]>,
    most: u32,
    /// The number of places that were ever used.
    used: AtomicU32,
    free: Mutex<Vec<u32>>,
    /// The number of times that no place was left.
    refused: AtomicU64,
}

impl<T: Default> Slab<T> {
    pub(crate) fn new(most: u32) -> Self {
        let chunks = (most as usize).div_ceil(CHUNK);
        Self {
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
            most,
            used: AtomicU32::new(0),
            free: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Returns the place of this number, if it was ever used.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let at = (number as usize).checked_sub(1)?;
        self.chunks.get(at / CHUNK)?.get().map(|chunk| &chunk[at % CHUNK])
    }

    /// Returns whether the table may have any places. If not, nothing is requested, so nothing is refused.
    pub(crate) fn has_places(&self) -> bool {
        self.most > 0
    }

    /// Moves up to `n` free numbers to the end of a list. Counts a refusal if there is none.
    pub(crate) fn take_many(&self, n: usize, into: &mut Vec<u32>) {
        let before = into.len();
        {
            let mut free = self.free();
            let kept = free.len().saturating_sub(n);
            into.extend(free.drain(kept..));
        }
        let missing = before + n - into.len();
        into.extend(std::iter::from_fn(|| self.unused()).take(missing));
        if into.len() == before {
            self.refused.fetch_add(1, Relaxed);
        }
    }

    /// Takes one free number. Counts a refusal if there is none.
    pub(crate) fn take(&self) -> Option<u32> {
        let free = self.free().pop();
        let taken = free.or_else(|| self.unused());
        if taken.is_none() {
            self.refused.fetch_add(1, Relaxed);
        }
        taken
    }

    /// Takes a number that was never used.
    fn unused(&self) -> Option<u32> {
        let next = self.used.fetch_update(Relaxed, Relaxed, |used| (used < self.most).then(|| used + 1));
        let last = next.ok()?;
        let chunk = self.chunks.get(last as usize / CHUNK)?;
        if chunk.get().is_none() {
            let made: Box<[T]> = (0..CHUNK).map(|_| T::default()).collect();
            // It has that length. Where another thread was first, that thread's chunk is taken.
            let _ = chunk.set(made.try_into().ok()?);
        }
        Some(last + 1)
    }

    /// Returns numbers to the table.
    pub(crate) fn give_back(&self, numbers: impl IntoIterator<Item = u32>) {
        self.free().extend(numbers);
    }

    fn free(&self) -> MutexGuard<'_, Vec<u32>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all places that were ever used, with their numbers.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &T)> {
        (1..=self.used.load(Relaxed)).filter_map(|number| Some((number, self.get(number)?)))
    }

    /// Returns the number of times that no place was left.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_and_refusals_are_counted() {
        let slab: Slab<AtomicU32> = Slab::new(3);
        let taken: Vec<_> = std::iter::from_fn(|| slab.take()).collect();
        assert_eq!(taken, [1, 2, 3]);
        assert_eq!(slab.refused(), 1);
        slab.get(2).unwrap().store(7, Relaxed);
        assert_eq!(slab.all().map(|(_, place)| place.load(Relaxed)).collect::<Vec<_>>(), [0, 7, 0]);
        slab.give_back([2]);
        assert_eq!(slab.take(), Some(2));
        assert!(slab.get(0).is_none() && slab.get(u32::MAX).is_none());
        slab.give_back([1, 3]);
        let mut many = vec![9];
        slab.take_many(1, &mut many);
        assert_eq!(many, [9, 3], "no more than asked for");
        slab.take_many(8, &mut many);
        assert_eq!((&many[..], slab.refused()), (&[9, 3, 1][..], 1), "what there is");
        slab.take_many(8, &mut many);
        assert_eq!(slab.refused(), 2);
    }
}
