//! The table of a file: the meaning of the numbers in records.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::Release};
use std::sync::{Mutex, PoisonError};

use traced_actor::context::SpanKind;

use super::super::ring::Header;
use super::super::text;
use super::layout::{FIELD, NAME, OPERATION};

/// The maximum length of a text in the table, in bytes. Longer ones are truncated.
const MOST_BYTES: usize = 1024;

/// An entry of the table.
pub(crate) enum Entry<'a> {
    Name { number: u32, name: &'a str },
    Operation { number: u32, names: [&'a str; 3], kind: SpanKind, is_message: bool },
    Field { operation: u32, place: u32, of: u8, name: &'a str },
}

impl Entry<'_> {
    /// Returns the entry as words.
    pub(crate) fn words(&self) -> Vec<u64> {
        let mut words = vec![0];
        let (kind, flags, number) = match self {
            Self::Name { number, name } => {
                push_text(&mut words, name);
                (NAME, 0, *number)
            }
            Self::Operation { number, names, kind, is_message } => {
                for name in names {
                    push_text(&mut words, name);
                }
                (OPERATION, u8::from(*is_message) | number_of(*kind) << 1, *number)
            }
            Self::Field { operation, place, of, name } => {
                words.push(u64::from(*place));
                push_text(&mut words, name);
                (FIELD, *of, *operation)
            }
        };
        let len = u16::try_from(words.len()).unwrap_or(u16::MAX);
        words[0] = Header { kind, flags, words: len, number }.to_word();
        words
    }
}

fn push_text(words: &mut Vec<u64>, text: &str) {
    let text = text::cut(text, MOST_BYTES);
    words.push(text.len() as u64);
    words.extend(text::words(text));
}

fn number_of(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Server => 1,
        SpanKind::Client => 2,
        SpanKind::Producer => 3,
        SpanKind::Consumer => 4,
        _ => 0,
    }
}

pub(crate) fn kind_of(number: u8) -> SpanKind {
    match number {
        1 => SpanKind::Server,
        2 => SpanKind::Client,
        3 => SpanKind::Producer,
        4 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

/// A table that grows while the process runs.
pub(crate) struct Journal {
    words: &'static [AtomicU64],
    used: &'static AtomicU64,
    turn: Mutex<()>,
}

impl Journal {
    pub(crate) fn new(words: &'static [AtomicU64], used: &'static AtomicU64) -> Self {
        Self { words, used, turn: Mutex::new(()) }
    }

    /// Appends an entry. If the table has no room, the entry is left out, and its number reads as unknown.
    #[cold]
    pub(crate) fn append(&self, entry: &Entry<'_>) {
        let entry = entry.words();
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.used.load(Relaxed);
        let places = usize::try_from(used).ok().and_then(|used| self.words.get(used..used + entry.len()));
        if let Some(places) = places {
            for (place, word) in places.iter().zip(&entry) {
                place.store(*word, Relaxed);
            }
            self.used.store(used + entry.len() as u64, Release);
        }
    }
}
