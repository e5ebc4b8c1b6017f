//! Reads messages from the content of a file.

use std::collections::{BTreeMap, HashMap};

use traced_actor::context::SpanId;

use super::super::finished::finished;
use super::super::image::{self, DumpReason, header, kind_of};
use super::super::memory::BLOCK;
use super::super::ring::{CONTROL, HEAD, Header, OPEN, RECORDS, each};
use super::super::span::{Ended, OpenSpans, SpanRecord, is_end, is_note};
use super::super::table::{Names, Operation, Type};
use super::super::taken::Taken;
use super::super::wall::Wall;
use super::super::words::{self, WordReader};
use super::model::{FileError, FileSends, FileSpan, FileThread, FlightFile};

/// Reads words of a file. Missing words are 0.
struct Reader(Vec<u64>);

impl Reader {
    fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// Returns words from this position on, as many as exist.
    fn words(&self, at: usize, len: u64) -> &[u64] {
        let rest = self.0.get(at..).unwrap_or_default();
        &rest[..usize::try_from(len).unwrap_or(usize::MAX).min(rest.len())]
    }
}

/// A ring in a file.
struct FileRing<'a> {
    control: &'a [u64],
    data: &'a [u64],
}

impl FileRing<'_> {
    /// Calls a function with each record, the oldest first.
    fn each(&self, mut visit: impl FnMut(Header, &[u64])) {
        let (block, len) = (BLOCK as u64, self.data.len() as u64);
        let (head, open) = (self.control[HEAD], self.control[OPEN]);
        // The positions in a damaged file are limited to one lap of the ring.
        let oldest = open.saturating_sub(len).max(head.saturating_sub(len));
        let mut at = oldest - oldest % block;
        while at < head {
            let end = at.saturating_add(block).min(head);
            #[expect(clippy::cast_possible_truncation, reason = "within the data")]
            let first = (at & (len - 1)) as usize;
            if at >= oldest
                && let Ok(count) = usize::try_from(end - at)
                && let Some(words) = self.data.get(first..first + count)
            {
                each::<BLOCK>(words, at, &mut visit);
            }
            let Some(next) = at.checked_add(block) else { return };
            at = next;
        }
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<FlightFile, FileError> {
    // A file that is truncated within a word ends before that word.
    let file = Reader(bytes.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect());
    if file.word(header::MAGIC) != image::MAGIC || file.word(header::BYTE_ORDER) != image::BYTE_ORDER {
        return Err(FileError::NotAFlight);
    }
    let version = file.word(header::VERSION);
    if version != image::VERSION {
        return Err(FileError::Version(version));
    }
    let table_words = file.word(header::TABLE_WORDS);
    let table = file.words(image::PAGE, table_words.min(file.word(header::TABLE_USED)));
    let (names, operations) = read_table(table);
    let rings = rings(&file, table_words);
    let wall = Wall::fixed(file.word(header::WALL_OFFSET).cast_signed());

    let (mut open, mut ended) = (OpenSpans::default(), Vec::new());
    let mut threads: HashMap<u64, u64> = HashMap::new();
    let mut sends = Sends::default();
    let (mut told, mut seen) = (Vec::new(), file.word(header::SEEN));
    for ring in &rings {
        let lane = ring.control[image::ring::LANE];
        let mut readable = 0;
        ring.each(|header, record| {
            readable += 1;
            if header.kind == words::START
                && let Some(operation) = operations.get(header.number as usize)
                && let Some(span) = open.start(header, record, operation)
            {
                seen = seen.max(span.start);
                threads.insert(span.context.span_id.get(), lane);
            }
        });
        told.push(FileThread {
            number: lane,
            name: name_of(&ring.control[image::ring::NAME]),
            records: ring.control[RECORDS],
            readable,
        });
    }
    for ring in &rings {
        ring.each(|header, record| {
            if is_note(header.kind) {
                open.add(header, record, |number| operations.get(number as usize).copied());
            } else if header.kind == words::SEND {
                sends.add(header, record);
            }
        });
    }
    // Another thread may have written what was said of a span before it ended.
    for ring in &rings {
        ring.each(|header, record| {
            if is_end(header.kind)
                && let Ended::Span(span) = open.end(header, record)
            {
                ended.push(span);
            }
        });
    }
    seen = ended.iter().map(|span| span.end).fold(seen, u64::max);
    let mut open: Vec<_> = open.into_spans().collect();
    for span in &mut open {
        span.end = seen.max(span.start);
    }
    let taken = |spans: &[Box<SpanRecord>]| {
        let mut all: Vec<FileSpan> = spans
            .iter()
            .map(|span| FileSpan {
                span: finished(&Taken::new(span, &names, &wall)),
                thread: threads.get(&span.context.span_id.get()).copied().unwrap_or(0),
                sends: sends.of(span.context.span_id, &names, &wall),
            })
            .collect();
        all.sort_by_key(|span| span.span.start);
        all
    };
    Ok(FlightFile {
        process: u32::try_from(file.word(header::PROCESS)).unwrap_or(0),
        reason: Some(DumpReason::of_number(file.word(header::REASON))),
        seen: (seen > 0).then(|| wall.time(seen)),
        spans: taken(&ended),
        open: taken(&open),
        threads: told,
    })
}

/// The sends of each handler: their numbers and the last times, by the span, the message's type and its kind.
#[derive(Default)]
struct Sends(BTreeMap<(u64, u32, u32), (u64, u64)>);

impl Sends {
    fn add(&mut self, header: Header, record: &[u64]) {
        let mut words = WordReader(record);
        let (span, at, to) = (words.word(), words.word(), words.name());
        let (count, last) = self.0.entry((span, to, header.number)).or_default();
        (*count, *last) = (*count + 1, at.max(*last));
    }

    /// Returns the sends under a span.
    fn of(&self, span: SpanId, names: &Names, wall: &Wall) -> Vec<FileSends> {
        let of_span = self.0.range((span.get(), 0, 0)..=(span.get(), u32::MAX, u32::MAX));
        let sends = of_span.map(|(&(_, to, kind), &(count, last))| {
            // The name of a type without its path. Type parameters stay.
            let to = names.name(to);
            let path = to.split('<').next().unwrap_or(to);
            let to = &to[path.rfind("::").map_or(0, |at| at + 2)..];
            FileSends { message: format!("{to}/{}", names.name(kind)), count, last: wall.time(last) }
        });
        sends.collect()
    }
}

/// Reads the table up to its first unreadable entry.
fn read_table(table: &[u64]) -> (Names, Vec<&'static Operation>) {
    let (names, mut operations) = (Names::new(None), Vec::<&'static Operation>::new());
    let (mut rest, mut last_name) = (table, 0);
    let kept = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    while let Some(&first) = rest.first() {
        let header = Header::of_word(first);
        let Some((entry, behind)) = rest.split_at_checked(usize::from(header.words).max(1)) else { break };
        rest = behind;
        let mut words = WordReader(&entry[1..]);
        match header.kind {
            image::NAME => {
                // Two entries cannot have the same name. From here on, numbers would have a wrong meaning.
                last_name += 1;
                if header.number != last_name || names.number(kept(words.text())) != last_name {
                    break;
                }
            }
            image::OPERATION => {
                if header.number as usize != operations.len() {
                    break;
                }
                let texts = [words.text(), words.text(), words.text()].map(kept);
                let is_message = header.flags & 1 != 0;
                let kind = kind_of(header.flags >> 1);
                let operation = Operation::new(header.number, texts, kind, is_message, None);
                operations.push(Box::leak(Box::new(operation)));
            }
            image::FIELD => {
                let place = usize::try_from(words.word()).unwrap_or(usize::MAX);
                if let Some(operation) = operations.get(header.number as usize) {
                    operation.set_key(place, kept(words.text()), Type::of_number(header.flags));
                }
            }
            _ => {}
        }
    }
    (names, operations)
}

/// Finds the rings, up to the first invalid one.
fn rings(file: &Reader, table_words: u64) -> Vec<FileRing<'_>> {
    let mut rings = Vec::new();
    let mut at = usize::try_from(table_words).ok().and_then(|words| words.checked_add(image::PAGE));
    while let Some(here) = at {
        let control = file.words(here, CONTROL as u64);
        if control.len() < CONTROL || control[image::ring::MAGIC] != image::RING_MAGIC {
            break;
        }
        let len = control[image::ring::LEN];
        if !len.is_power_of_two() || len < 2 * BLOCK as u64 {
            break;
        }
        // A truncated file has the beginning of a ring. The missing part counts as padding.
        let data = file.words(here + CONTROL, len);
        if data.len() as u64 == len {
            rings.push(FileRing { control, data });
        }
        at = usize::try_from(len).ok().and_then(|len| here.checked_add(CONTROL)?.checked_add(len));
    }
    rings
}

fn name_of(words: &[u64]) -> String {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
