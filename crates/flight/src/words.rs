//! The layout of records: the meaning of the words after a [`Header`](super::ring::Header).
//!
//! ```text
//!   START      trace (2), span, parent or 0, start, wait or MAX, reason | batch << 32, fields (a bit for each place);
//!              the probability; the instance and the tracestate as texts; the values of the fields
//!                                                                                         number: the operation
//!   END        span, end; error text; size, selected, errors and waits of a fan-out       number: the name of the error's type
//!   ATTRIBUTE  span, time, value           number: its name, flags: its type
//!   EVENT      span, time                  number: its name
//!   ERROR      span, time, text            number: the name of the error's type
//!   RENAME     span, time                  number: another operation
//!   NAME       span, time, text
//!   LINK       span, time, trace (2), linked span   flags: those of the context, number: whether it came from another process
//!   DISCARD    span
//!   SEND       span, time, number of the name of the message's type or of its actor     number: the name of the kind
//! ```
//!
//! All records except starts, ends, discards and sends are notes about open spans. Their times put the notes of several
//! threads in order.
//!
//! A text is a word with its length in bytes, and its bytes.

use traced_actor::record::Attribute;

use super::ring::Record;
use super::table::Type;
use super::text;

pub(crate) const START: u8 = 1;
pub(crate) const END: u8 = 2;
pub(crate) const ATTRIBUTE: u8 = 3;
pub(crate) const EVENT: u8 = 4;
pub(crate) const ERROR: u8 = 5;
pub(crate) const RENAME: u8 = 6;
pub(crate) const NAME: u8 = 7;
pub(crate) const LINK: u8 = 8;
pub(crate) const DISCARD: u8 = 9;
pub(crate) const SEND: u8 = 10;

/// The number of words that every start has.
pub(crate) const START_WORDS: usize = 8;
/// The index of the bits of the fields in a start.
pub(crate) const FIELDS: u64 = 7;
/// The value of an unknown wait.
pub(crate) const NO_WAIT: u64 = u64::MAX;

/// Flags of a start.
pub(crate) mod start {
    pub(crate) const SAMPLED: u8 = 1;
    pub(crate) const RANDOM: u8 = 2;
    pub(crate) const PROBABILITY: u8 = 4;
    pub(crate) const INSTANCE: u8 = 8;
    pub(crate) const LOST: u8 = 16;
    pub(crate) const BATCH: u8 = 32;
    pub(crate) const REMOTE_PARENT: u8 = 64;
    pub(crate) const TRACESTATE: u8 = 128;
}

/// Flags of an end.
pub(crate) mod end {
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const TEXT: u8 = 2;
    pub(crate) const FANOUT: u8 = 4;
    /// The start has it as well.
    pub(crate) const SAMPLED: u8 = 8;
}

/// Appends a text. It is truncated at a character boundary to at most `most` bytes, and to the room that is left.
#[inline]
pub(crate) fn push_text<const BLOCK: usize>(record: &mut Record<'_, BLOCK>, text: &str, most: usize) {
    let room = usize::try_from(record.room()).unwrap_or(0).saturating_sub(1) * 8;
    let text = text::cut(text, most.min(room));
    record.push(text.len() as u64);
    text::words(text).for_each(|word| record.push(word));
}

/// Returns the type as which a value is recorded, or `None` if this crate does not know it.
#[inline]
pub(crate) fn type_of(value: &Attribute<'_>) -> Option<Type> {
    Some(match value {
        Attribute::Bool(_) => Type::Bool,
        Attribute::Int(_) => Type::Int,
        Attribute::Float(_) => Type::Float,
        Attribute::Str(_) => Type::Text,
        Attribute::Static(_) => Type::Name,
        _ => return None,
    })
}

/// Appends a value. `name` returns the number of a static text.
#[inline]
pub(crate) fn push_value<const BLOCK: usize>(
    record: &mut Record<'_, BLOCK>,
    value: &Attribute<'_>,
    most: usize,
    name: impl FnOnce(&'static str) -> u32,
) {
    match value {
        Attribute::Bool(value) => record.push(u64::from(*value)),
        Attribute::Int(value) => record.push(value.cast_unsigned()),
        Attribute::Float(value) => record.push(value.to_bits()),
        Attribute::Str(text) => push_text(record, text, most),
        Attribute::Static(text) => record.push(u64::from(name(text))),
        _ => {}
    }
}

/// Reads words in order. Missing words are 0, since a record may be truncated.
#[derive(Clone, Copy)]
pub(crate) struct WordReader<'a>(pub(crate) &'a [u64]);

impl WordReader<'_> {
    pub(crate) fn word(&mut self) -> u64 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    /// Reads the number of a name.
    #[expect(clippy::cast_possible_truncation, reason = "it was a u32")]
    pub(crate) fn name(&mut self) -> u32 {
        self.word() as u32
    }

    /// Reads a text. Invalid UTF-8 is replaced.
    pub(crate) fn text(&mut self) -> String {
        let len = usize::try_from(self.word()).unwrap_or(0).min(self.0.len() * 8);
        let words = self.0.split_off(..len.div_ceil(8)).unwrap_or_default();
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(len);
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::ring::{Ring, Writer, each};
    use super::*;

    /// Writes a text as a record, and reads it.
    fn through_a_record(text: &str, most: usize) -> String {
        let ring = Arc::new(Ring::<8>::new(0));
        let mut writer = Writer::new(ring.clone());
        let mut record = writer.record();
        push_text(&mut record, text, most);
        assert!(!record.is_cut(), "it was cut to fit");
        record.finish(NAME, 0, 0);
        let (mut copied, mut read) = (Vec::new(), String::new());
        let range = ring.copy(0..ring.head(), &mut copied);
        each::<8>(&copied, range.start, |_, words| read = WordReader(words).text());
        read
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_where_its_record_ends() {
        for text in ["", "seven b", "eight by", "nine byte", "grün, and 16 more"] {
            assert_eq!(through_a_record(text, 64), text);
        }
        assert_eq!(through_a_record("nine byte", 8), "nine byt");
        assert_eq!(through_a_record("grün", 3), "gr", "half of a character");
        // Of a block's eight words, the header and the length take one each.
        assert_eq!(through_a_record(&"x".repeat(100), 64), "x".repeat(6 * 8));
    }

    #[test]
    fn what_is_not_there_reads_as_nothing() {
        assert_eq!(WordReader(&[]).word(), 0);
        assert_eq!(WordReader(&[u64::MAX]).text(), "");
        assert_eq!(WordReader(&[2, 0x00ff_ff41]).text(), "A\u{fffd}", "bytes that are no characters");
    }
}
