//! A ring of words with one writer and any number of readers, without a lock and without `unsafe`.
//!
//! The ring consists of blocks, and a record never crosses a block. Before the writer overwrites the first word of a
//! block, it stores the end of that block in [`OPEN`], followed by a release fence. A reader copies the words, followed
//! by an acquire fence, and then loads `open`. If it has copied a word that was overwritten meanwhile, the two fences
//! synchronize. So the load returns the end of that block or a later one, and the reader drops all words that such a
//! block may have overwritten. The remaining words are whole.
//!
//! `head` alone is not enough. It keeps earlier stores from being seen later, but not later stores from being seen
//! earlier.
//!
//! This file only handles words, and [`words`](super::words) defines their meaning. The atomic types come from the
//! parent module, so that a test can use those of loom and run every interleaving.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::atomic::Ordering::{Acquire, Relaxed, Release};
use super::atomic::{AtomicU64, fence};

/// The first word of a record: its kind, its flags, its length in words, and a number that depends on the kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// The length of the whole record.
    pub(crate) words: u16,
    pub(crate) number: u32,
}

impl Header {
    /// The header of padding: no record begins here, and the rest of the block is empty.
    pub(crate) const PADDING: u64 = 0;

    pub(crate) const fn to_word(self) -> u64 {
        self.kind as u64 | (self.flags as u64) << 8 | (self.words as u64) << 16 | (self.number as u64) << 32
    }

    #[expect(clippy::cast_possible_truncation, reason = "each part is cut out of the word")]
    pub(crate) const fn of_word(word: u64) -> Self {
        Self {
            kind: word as u8,
            flags: (word >> 8) as u8,
            words: (word >> 16) as u16,
            number: (word >> 32) as u32,
        }
    }
}

/// The words of a ring or of its control. They are its own, or belong to a file that stays mapped.
pub(crate) enum Storage {
    Owned(Box<[AtomicU64]>),
    Mapped(&'static [AtomicU64]),
}

impl Deref for Storage {
    type Target = [AtomicU64];

    #[inline]
    fn deref(&self) -> &[AtomicU64] {
        match self {
            Self::Owned(words) => words,
            Self::Mapped(words) => words,
        }
    }
}

/// The number of words before the records. Words that are written often have their own cache line.
pub(crate) const CONTROL: usize = 32;
/// The position after the last complete record.
pub(crate) const HEAD: usize = 8;
/// The position after the block that is being written. Positions count all words that were ever written.
pub(crate) const OPEN: usize = 16;
/// The number of records that were ever written.
pub(crate) const RECORDS: usize = 24;
/// The number of notes that were begun, and of those that are published. See [`Writer::note`].
pub(crate) const BEGUN: usize = 25;
pub(crate) const NOTED: usize = 26;

/// The words, and the positions up to which they are written.
pub(crate) struct Ring<const BLOCK: usize> {
    words: Storage,
    mask: u64,
    control: Storage,
}

impl<const BLOCK: usize> Ring<BLOCK> {
    /// Creates a ring of at least this many words, and at least two blocks.
    ///
    /// Writes to all of its memory, so that the pages exist.
    pub(crate) fn new(words: usize) -> Self {
        let zeros = |len: usize| (0..len).map(|_| AtomicU64::new(Header::PADDING)).collect();
        let len = words.max(2 * BLOCK).next_power_of_two();
        Self::of(Storage::Owned(zeros(CONTROL)), Storage::Owned(zeros(len)))
    }

    /// Creates an empty ring in these words, whose number is a power of two.
    pub(crate) fn of(control: Storage, words: Storage) -> Self {
        assert!(BLOCK.is_power_of_two() && BLOCK >= 2, "the length of a block");
        assert!(words.len().is_power_of_two() && words.len() >= 2 * BLOCK, "the length of a ring");
        for position in [HEAD, OPEN, RECORDS, BEGUN, NOTED] {
            control[position].store(0, Relaxed);
        }
        // A page of zeros may be shared by all programs until it is written to.
        for word in words.iter().step_by(BLOCK) {
            word.store(Header::PADDING, Relaxed);
        }
        Self { mask: words.len() as u64 - 1, words, control }
    }

    /// Returns the words before the records. The owner may use those that the ring does not use.
    pub(crate) fn control(&self) -> &[AtomicU64] {
        &self.control
    }

    /// Returns the number of words.
    pub(crate) fn len(&self) -> u64 {
        self.mask + 1
    }

    /// Returns the position after the last record.
    pub(crate) fn head(&self) -> u64 {
        self.control[HEAD].load(Acquire)
    }

    /// Returns the number of records that were ever written.
    pub(crate) fn records(&self) -> u64 {
        self.control[RECORDS].load(Relaxed)
    }

    /// Returns the number of published notes, all of which are below a head that is read afterwards.
    pub(crate) fn noted(&self) -> u64 {
        self.control[NOTED].load(Acquire)
    }

    /// Returns the number of begun notes, which includes all notes below a head that was read before.
    ///
    /// If [`noted`](Self::noted) was read before two heads, and this is read after them and equal, there is no note
    /// between the two heads.
    pub(crate) fn begun(&self) -> u64 {
        self.control[BEGUN].load(Relaxed)
    }

    /// Returns the position of the oldest word that is not overwritten. A record or padding begins there.
    pub(crate) fn oldest(&self) -> u64 {
        self.control[OPEN].load(Relaxed).saturating_sub(self.len())
    }

    /// Appends the complete words of `range` to `to`.
    ///
    /// Returns the position of the first one, and the position after the last one.
    ///
    /// A record must begin at the start of the range, and the end must be at most [`head`](Self::head).
    pub(crate) fn copy(&self, range: Range<u64>, to: &mut Vec<u64>) -> Range<u64> {
        let kept = to.len();
        let copied = self.copy_unchecked(range, to);
        fence(Acquire);
        let whole = self.oldest().clamp(copied.start, copied.end);
        to.drain(kept..kept + to_usize(whole - copied.start));
        whole..copied.end
    }

    /// Appends words, some of which may be overwritten meanwhile.
    pub(crate) fn copy_unchecked(&self, range: Range<u64>, to: &mut Vec<u64>) -> Range<u64> {
        // Words that are already lost are not copied. `open` may be ahead of an older `head`.
        let start = range.start.max(self.oldest()).min(range.end);
        let first = to_usize(start & self.mask);
        let len = to_usize(range.end - start);
        let until_end = len.min(self.words.len() - first);
        to.extend(self.words[first..first + until_end].iter().map(|word| word.load(Relaxed)));
        to.extend(self.words[..len - until_end].iter().map(|word| word.load(Relaxed)));
        start..range.end
    }

    fn word(&self, at: u64) -> &AtomicU64 {
        &self.words[to_usize(at & self.mask)]
    }
}

/// Returns a number of words as an index.
///
/// Both have 64 bits on the platforms that matter. On others, a ring is smaller than a `usize`.
#[expect(clippy::cast_possible_truncation, reason = "within the ring")]
const fn to_usize(words: u64) -> usize {
    words as usize
}

/// Calls a function with each record of `words`, which were copied from the position `from`.
///
/// Stops at a word that is not a record.
pub(crate) fn each<const BLOCK: usize>(words: &[u64], from: u64, mut visit: impl FnMut(Header, &[u64])) {
    let mut at = 0;
    while let Some(&first) = words.get(at) {
        let header = Header::of_word(first);
        if first == Header::PADDING {
            let position = from + at as u64;
            at += BLOCK - to_usize(position & (BLOCK as u64 - 1));
        } else if header.words > 0
            && let Some(record) = words.get(at + 1..at + usize::from(header.words))
        {
            visit(header, record);
            at += usize::from(header.words);
        } else {
            return;
        }
    }
}

/// The writer of a ring.
pub(crate) struct Writer<const BLOCK: usize> {
    ring: Arc<Ring<BLOCK>>,
    at: u64,
    end: u64,
    records: u64,
}

impl<const BLOCK: usize> Writer<BLOCK> {
    /// Continues after the last record of a ring that has no other writer.
    pub(crate) fn new(ring: Arc<Ring<BLOCK>>) -> Self {
        let (head, end, records) = (ring.head(), ring.control[OPEN].load(Relaxed), ring.records());
        // A record may have been dropped after it had moved to another block.
        let at = head.max(end.saturating_sub(BLOCK as u64));
        Self { ring, at, end, records }
    }

    pub(crate) fn ring(&self) -> &Arc<Ring<BLOCK>> {
        &self.ring
    }

    /// Begins a record.
    #[inline]
    pub(crate) fn record(&mut self) -> Record<'_, BLOCK> {
        // A block that is not full has room for the header.
        if self.at == self.end {
            self.next_block();
        }
        let from = self.at;
        Record { writer: self, from, at: from + 1, is_cut: false }
    }

    /// Begins a note: a record of a kind that is counted, so that a reader can tell that there are none.
    ///
    /// [Finish](Record::finish_note) it as a note.
    pub(crate) fn note(&mut self) -> Record<'_, BLOCK> {
        let begun = &self.ring.control[BEGUN];
        begun.store(begun.load(Relaxed) + 1, Relaxed);
        self.record()
    }

    /// Leaves the rest of the block empty, and begins the next one.
    #[cold]
    fn next_block(&mut self) {
        if self.at < self.end {
            self.ring.word(self.at).store(Header::PADDING, Relaxed);
        }
        self.at = self.end;
        self.end += BLOCK as u64;
        self.ring.control[OPEN].store(self.end, Relaxed);
        fence(Release);
    }
}

/// A record that is being written. Nobody sees it before [`finish`](Self::finish). If it is dropped, it never existed.
pub(crate) struct Record<'a, const BLOCK: usize> {
    writer: &'a mut Writer<BLOCK>,
    from: u64,
    at: u64,
    is_cut: bool,
}

impl<'a, const BLOCK: usize> Record<'a, BLOCK> {
    /// Appends a word. A record that does not fit into a block is truncated.
    #[inline]
    pub(crate) fn push(&mut self, word: u64) {
        if self.at < self.writer.end || self.move_on() {
            self.writer.ring.word(self.at).store(word, Relaxed);
            self.at += 1;
        }
    }

    /// Appends several words.
    #[inline]
    pub(crate) fn push_all<const N: usize>(&mut self, words: [u64; N]) {
        let first = to_usize(self.at & self.writer.ring.mask);
        match self.writer.ring.words.get(first..first + N) {
            Some(places) if self.at + N as u64 <= self.writer.end => {
                for (place, word) in places.iter().zip(words) {
                    place.store(word, Relaxed);
                }
                self.at += N as u64;
            }
            _ => words.into_iter().for_each(|word| self.push(word)),
        }
    }

    /// Changes a word that was appended, by its index after the header.
    #[inline]
    pub(crate) fn set(&mut self, index: u64, word: u64) {
        if self.from + 1 + index < self.at {
            self.writer.ring.word(self.from + 1 + index).store(word, Relaxed);
        }
    }

    /// Returns how many words can still be appended.
    #[inline]
    pub(crate) fn room(&self) -> u64 {
        BLOCK as u64 - (self.at - self.from)
    }

    /// Returns whether words were cut off.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Moves the record to the next block. Returns whether it has room there.
    #[cold]
    fn move_on(&mut self) -> bool {
        let (from, len) = (self.from, self.at - self.from);
        if len == BLOCK as u64 {
            self.is_cut = true;
            return false;
        }
        // The header is not written yet, so padding takes its place.
        self.writer.next_block();
        self.from = self.writer.at;
        self.at = self.from + len;
        let ring = &self.writer.ring;
        for index in 1..len {
            let word = ring.word(from + index).load(Relaxed);
            ring.word(self.from + index).store(word, Relaxed);
        }
        true
    }

    /// Publishes a note.
    pub(crate) fn finish_note(self, kind: u8, flags: u8, number: u32) {
        let control = &self.publish(kind, flags, number).ring.control;
        control[NOTED].store(control[BEGUN].load(Relaxed), Release);
    }

    /// Publishes the record.
    #[inline]
    pub(crate) fn finish(self, kind: u8, flags: u8, number: u32) {
        self.publish(kind, flags, number);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most a block")]
    fn publish(self, kind: u8, flags: u8, number: u32) -> &'a mut Writer<BLOCK> {
        let Self { writer, from, at, .. } = self;
        let header = Header { kind, flags, words: (at - from) as u16, number };
        writer.ring.word(from).store(header.to_word(), Relaxed);
        writer.records += 1;
        writer.ring.control[RECORDS].store(writer.records, Relaxed);
        writer.at = at;
        writer.ring.control[HEAD].store(at, Release);
        writer
    }
}
