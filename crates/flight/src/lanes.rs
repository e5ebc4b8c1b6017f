//! The rings of the threads. Each thread writes to its own, and the size of all of them together is limited.
//!
//! A thread begins with a small ring. If the ring is overwritten too fast and memory is left, the collector creates a
//! larger one and touches all of its pages, and the thread continues there. The older ring is kept until the larger one
//! has as much. The next thread that starts continues the ring of a thread that has ended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::image;
pub(crate) use super::memory::BLOCK;
use super::memory::Memory;
use super::ring::{Record, Ring, Writer};
use super::text;

/// The minimum number of words of a ring.
const LEAST: u64 = 16 * BLOCK as u64;
const WORD: u64 = 8;

pub(crate) struct Lanes {
    /// The maximum number of bytes of all rings.
    budget: u64,
    memory: Memory,
    state: Mutex<State>,
    /// The number of records that were not written because their thread had no ring.
    refused: AtomicU64,
}

#[derive(Default)]
struct State {
    lanes: Vec<Arc<Lane>>,
    free: Vec<Arc<Lane>>,
    bytes: u64,
}

/// The rings of a thread.
pub(crate) struct Lane {
    number: u64,
    /// The beginning of the name of the thread that writes to it.
    thread: Mutex<[u64; image::ring::NAME.end - image::ring::NAME.start]>,
    /// The rings, the newest last. There are at most two.
    rings: Mutex<Vec<Arc<Ring<BLOCK>>>>,
    /// Whether there is a ring larger than the one that is being written.
    is_larger: AtomicBool,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lanes {
    pub(crate) fn new(budget: u64, memory: Memory) -> Self {
        let budget = match &memory {
            Memory::Heap => budget,
            Memory::Mapped(file) => file.len() * WORD,
        };
        Self { budget, memory, state: Mutex::default(), refused: AtomicU64::new(0) }
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Returns a lane for this thread, or `None` if no memory is left.
    #[cold]
    pub(crate) fn take(&self) -> Option<LaneWriter> {
        let mut state = lock(&self.state);
        let lane = if let Some(lane) = state.free.pop() {
            lane
        } else {
            let bytes = LEAST * WORD;
            if state.bytes + bytes > self.budget {
                return None;
            }
            let ring = self.memory.ring(to_usize(LEAST))?;
            state.bytes += bytes;
            let lane = Arc::new(Lane {
                number: state.lanes.len() as u64,
                thread: Mutex::default(),
                rings: Mutex::new(vec![ring]),
                is_larger: AtomicBool::new(false),
            });
            state.lanes.push(lane.clone());
            lane
        };
        drop(state);
        lane.enter_thread();
        let newest = lane.newest()?;
        lane.is_larger.store(false, Relaxed);
        Some(LaneWriter { lane, writer: Writer::new(newest) })
    }

    /// Takes back the lane of a thread that ends.
    pub(crate) fn give_back(&self, lane: Arc<Lane>) {
        lock(&self.state).free.push(lane);
    }

    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Returns the bytes of all rings.
    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.state).bytes
    }

    pub(crate) fn all(&self) -> Vec<Arc<Lane>> {
        lock(&self.state).lanes.clone()
    }

    /// Gives a lane a ring of this many times the size, or less if memory is short, but at least twice the size.
    ///
    /// Beyond twice the size, it leaves half of the memory to other lanes.
    pub(crate) fn enlarge(&self, lane: &Lane, times: u64) {
        let Some(newest) = lane.newest() else { return };
        let words = {
            let mut state = lock(&self.state);
            let left = self.budget.saturating_sub(state.bytes) / WORD;
            let twice = newest.len() * 2;
            let fair = (left / 2).max(1);
            let words = (newest.len() * times).min(1 << fair.ilog2()).max(twice);
            if lane.rings().len() > 1 || words > left {
                return;
            }
            state.bytes += words * WORD;
            words
        };
        // Outside of the lock, because this writes to the pages.
        let Some(ring) = self.memory.ring(to_usize(words)) else {
            lock(&self.state).bytes -= words * WORD;
            return;
        };
        lane.label(&ring);
        lock(&lane.rings).push(ring);
        lane.is_larger.store(true, Release);
    }

    /// Drops the older ring of a lane if the newer one has as much, and returns it.
    pub(crate) fn shed(&self, lane: &Lane) -> Option<Arc<Ring<BLOCK>>> {
        let mut rings = lock(&lane.rings);
        let [older, newer] = rings.as_slice() else { return None };
        if newer.head() < older.len() {
            return None;
        }
        let older = rings.remove(0);
        drop(rings);
        lock(&self.state).bytes -= older.len() * WORD;
        Some(older)
    }
}

fn to_usize(words: u64) -> usize {
    usize::try_from(words).unwrap_or(0)
}

impl Lane {
    /// Stores the name of this thread.
    fn enter_thread(&self) {
        let current = thread::current();
        let mut words = [0; image::ring::NAME.end - image::ring::NAME.start];
        for (place, word) in words.iter_mut().zip(text::words(current.name().unwrap_or_default())) {
            *place = word;
        }
        *lock(&self.thread) = words;
        for ring in self.rings() {
            self.label(&ring);
        }
    }

    /// Writes the owner into a ring.
    fn label(&self, ring: &Ring<BLOCK>) {
        for (place, word) in self.label_words() {
            ring.control()[place].store(word, Relaxed);
        }
    }

    /// Returns the words of a ring's control that identify its owner, with their positions.
    pub(crate) fn label_words(&self) -> impl Iterator<Item = (usize, u64)> {
        let name = image::ring::NAME.zip(*lock(&self.thread));
        [(image::ring::LANE, self.number)].into_iter().chain(name)
    }

    pub(crate) fn rings(&self) -> Vec<Arc<Ring<BLOCK>>> {
        lock(&self.rings).clone()
    }

    pub(crate) fn newest(&self) -> Option<Arc<Ring<BLOCK>>> {
        lock(&self.rings).last().cloned()
    }
}

/// The writer of a lane.
pub(crate) struct LaneWriter {
    lane: Arc<Lane>,
    writer: Writer<BLOCK>,
}

impl LaneWriter {
    pub(crate) fn lane(&self) -> &Arc<Lane> {
        &self.lane
    }

    /// Begins a record.
    #[inline]
    pub(crate) fn record(&mut self) -> Record<'_, BLOCK> {
        self.writer().record()
    }

    /// Begins a note, like [`Writer::note`].
    pub(crate) fn note(&mut self) -> Record<'_, BLOCK> {
        self.writer().note()
    }

    /// Returns the writer of the newest ring.
    #[inline]
    fn writer(&mut self) -> &mut Writer<BLOCK> {
        if self.lane.is_larger.load(Relaxed) {
            self.move_on();
        }
        &mut self.writer
    }

    #[cold]
    fn move_on(&mut self) {
        if self.lane.is_larger.swap(false, Acquire)
            && let Some(newest) = self.lane.newest()
            && !Arc::ptr_eq(&newest, self.writer.ring())
        {
            self.writer = Writer::new(newest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(writer: &mut LaneWriter, number: u64) {
        let mut record = writer.record();
        record.push(number);
        record.finish(1, 0, 0);
    }

    fn numbers(lane: &Lane) -> Vec<u64> {
        let mut found = Vec::new();
        for ring in lane.rings() {
            let mut words = Vec::new();
            let range = ring.copy(0..ring.head(), &mut words);
            super::super::ring::each::<BLOCK>(&words, range.start, |_, record| found.push(record[0]));
        }
        found
    }

    #[test]
    fn the_ring_of_a_thread_that_ended_is_resumed_by_the_next() {
        let lanes = Lanes::new(2 * LEAST * WORD, Memory::Heap);
        let mut first = lanes.take().unwrap();
        put(&mut first, 1);
        lanes.give_back(first.lane().clone());
        let mut second = lanes.take().unwrap();
        put(&mut second, 2);
        assert_eq!(lanes.all().len(), 1);
        assert_eq!(numbers(second.lane()), [1, 2]);
    }

    #[test]
    fn all_rings_together_have_a_bound() {
        let lanes = Lanes::new(4 * LEAST * WORD, Memory::Heap);
        let first = lanes.take().unwrap();
        let _second = lanes.take().unwrap();
        lanes.enlarge(first.lane(), 16);
        assert_eq!(lanes.bytes(), 4 * LEAST * WORD);
        assert!(lanes.take().is_none(), "no room for a third");
        lanes.enlarge(first.lane(), 2);
        assert_eq!(lanes.bytes(), 4 * LEAST * WORD);
    }

    #[test]
    fn a_ring_grows_at_once_and_leaves_half_of_the_memory() {
        let lanes = Lanes::new(64 * LEAST * WORD, Memory::Heap);
        let writer = lanes.take().unwrap();
        let words = || writer.lane().newest().unwrap().len();
        lanes.enlarge(writer.lane(), 8);
        assert_eq!(words(), 8 * LEAST);
        lanes.enlarge(writer.lane(), 8);
        assert_eq!(words(), 8 * LEAST, "the older one is still there");

        let lanes = Lanes::new(64 * LEAST * WORD, Memory::Heap);
        let writer = lanes.take().unwrap();
        lanes.enlarge(writer.lane(), 1000);
        assert_eq!(writer.lane().newest().unwrap().len(), 16 * LEAST, "of the 63 that are left");
    }

    #[test]
    fn a_thread_goes_on_in_a_larger_ring_and_the_older_one_is_kept_for_a_while() {
        let lanes = Lanes::new(u64::MAX, Memory::Heap);
        let mut writer = lanes.take().unwrap();
        put(&mut writer, 1);
        lanes.enlarge(&writer.lane().clone(), 2);
        put(&mut writer, 2);
        assert_eq!(numbers(writer.lane()), [1, 2]);
        assert!(lanes.shed(writer.lane()).is_none(), "the older one has more");
        (3..=LEAST).for_each(|number| put(&mut writer, number));
        assert!(lanes.shed(writer.lane()).is_some());
        assert_eq!(writer.lane().rings().len(), 1);
        assert_eq!(lanes.bytes(), 2 * LEAST * WORD);
        assert_eq!(numbers(writer.lane()).last(), Some(&LEAST));
    }
}
