//! The memory of the rings: that of the process, or words of a file that the program has mapped.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::image::{self, Journal, header};
use super::ring::{CONTROL, Ring, Storage};

/// The number of words of a block: a page.
pub(crate) const BLOCK: usize = 512;
/// The maximum number of words of a file's table.
const MOST_TABLE: usize = 1 << 17;

/// The source of new rings.
pub(crate) enum Memory {
    Heap,
    Mapped(MappedFile),
}

/// Words that form a file: a header, a table, and rings.
pub(crate) struct MappedFile {
    header: &'static [AtomicU64],
    rings: Mutex<Rings>,
}

struct Rings {
    rest: &'static [AtomicU64],
    /// The words that were used, each with its ring.
    used: Vec<(&'static [AtomicU64], Weak<Ring<BLOCK>>)>,
}

impl MappedFile {
    /// Begins a file in these words, and returns it with its table. Returns `None` if there are too few words.
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
            (header::REASON, 0),
            // From here on it is a valid file.
            (header::MAGIC, image::MAGIC),
        ] {
            head[place].store(word, Relaxed);
        }
        let journal = Box::leak(Box::new(Journal::new(table, &head[header::TABLE_USED])));
        Some((Self { header: head, rings: Mutex::new(Rings { rest, used: Vec::new() }) }, journal))
    }

    /// Stores the time as a sign of life, and the difference between the wall clock and the recorder's clock.
    pub(crate) fn touch(&self, now: u64, wall_offset: i64) {
        self.header[header::WALL_OFFSET].store(wall_offset.cast_unsigned(), Relaxed);
        self.header[header::SEEN].store(now, Relaxed);
    }

    /// Returns the number of words for rings.
    pub(crate) fn len(&self) -> u64 {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.rest.len() as u64
    }
}

impl Memory {
    /// Returns an empty ring of this many words, or `None` if there is no room.
    pub(crate) fn ring(&self, words: usize) -> Option<Arc<Ring<BLOCK>>> {
        let file = match self {
            Self::Heap => return Some(Arc::new(Ring::new(words))),
            Self::Mapped(file) => file,
        };
        let len = CONTROL + words.max(2 * BLOCK).next_power_of_two();
        let mut rings = file.rings.lock().unwrap_or_else(PoisonError::into_inner);
        // A ring without references cannot be reached by anybody again.
        let free = rings.used.iter().position(|(place, ring)| place.len() == len && ring.strong_count() == 0);
        let place = if let Some(at) = free {
            rings.used.swap_remove(at).0
        } else {
            let (place, rest) = rings.rest.split_at_checked(len)?;
            rings.rest = rest;
            place
        };
        let (control, data) = place.split_at(CONTROL);
        let ring = Arc::new(Ring::of(Storage::Mapped(control), Storage::Mapped(data)));
        control[image::ring::LEN].store(data.len() as u64, Relaxed);
        control[image::ring::MAGIC].store(image::RING_MAGIC, Relaxed);
        rings.used.push((place, Arc::downgrade(&ring)));
        Some(ring)
    }
}
