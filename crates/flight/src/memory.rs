//! Where the rings lie: in memory of the process, or in words that somebody has mapped from a file.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::image::{self, Journal, header};
use super::ring::{CONTROL, Ring, Words};

/// The words of a block: a page.
pub(crate) const BLOCK: usize = 512;
/// The most words that the table of a file takes.
const MOST_TABLE: usize = 1 << 17;

/// Where new rings come from.
pub(crate) enum Memory {
    Heap,
    Lent(Lent),
}

/// Words in which a file is written: a header, a table, and rings.
pub(crate) struct Lent {
    header: &'static [AtomicU64],
    rings: Mutex<Rings>,
}

struct Rings {
    rest: &'static [AtomicU64],
    /// Those that were used, and by which ring.
    used: Vec<(&'static [AtomicU64], Weak<Ring<BLOCK>>)>,
}

impl Lent {
    /// Begins a file in these words. `None` if there are too few. Returns its table as well.
    pub(crate) fn new(words: &'static [AtomicU64]) -> Option<(Self, &'static Journal)> {
        let (head, rest) = words.split_at_checked(image::PAGE)?;
        let table = (rest.len() / 8).min(MOST_TABLE) / image::PAGE * image::PAGE;
        let (table, rest) = rest.split_at(table);
        for (place, word) in [
            (header::BYTE_ORDER, image::BYTE_ORDER),
            (header::VERSION, image::VERSION),
            (header::PROCESS, process::id().into()),
            (header::TABLE_WORDS, table.len() as u64),
            (header::TABLE_USED, 0),
            (header::CAUSE, 0),
            // It is a file from here on.
            (header::MAGIC, image::MAGIC),
        ] {
            head[place].store(word, Relaxed);
        }
        let journal = Box::leak(Box::new(Journal::new(table, &head[header::TABLE_USED])));
        Some((Self { header: head, rings: Mutex::new(Rings { rest, used: Vec::new() }) }, journal))
    }

    /// Notes that the process lives, and how far its clock is from the wall clock.
    pub(crate) fn touch(&self, now: u64, wall_offset: i64) {
        self.header[header::WALL_OFFSET].store(wall_offset.cast_unsigned(), Relaxed);
        self.header[header::SEEN].store(now, Relaxed);
    }

    /// Returns the words that rings may take.
    pub(crate) fn len(&self) -> u64 {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.rest.len() as u64
    }
}

impl Memory {
    /// Returns an empty ring of this many words. `None` if there is no place for it.
    pub(crate) fn ring(&self, words: usize) -> Option<Arc<Ring<BLOCK>>> {
        let lent = match self {
            Self::Heap => return Some(Arc::new(Ring::new(words))),
            Self::Lent(lent) => lent,
        };
        let len = CONTROL + words.max(2 * BLOCK).next_power_of_two();
        let mut rings = lent.rings.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can get hold of a ring again that nobody has.
        let free = rings.used.iter().position(|(place, ring)| place.len() == len && ring.strong_count() == 0);
        let place = if let Some(at) = free {
            rings.used.swap_remove(at).0
        } else {
            let (place, rest) = rings.rest.split_at_checked(len)?;
            rings.rest = rest;
            place
        };
        let (control, data) = place.split_at(CONTROL);
        let ring = Arc::new(Ring::of(Words::Lent(control), Words::Lent(data)));
        control[image::ring::LEN].store(data.len() as u64, Relaxed);
        control[image::ring::MAGIC].store(image::RING_MAGIC, Relaxed);
        rings.used.push((place, Arc::downgrade(&ring)));
        Some(ring)
    }
}
