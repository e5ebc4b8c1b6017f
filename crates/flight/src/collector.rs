//! The collector: reads the rings, assembles the wanted spans, and passes them on.
//!
//! A round reads new records. A span may start on one thread and end on another, so the heads of all rings are read
//! twice. A span that has ended before the first reading has its start and all of its notes before the second one. Ends
//! are read up to the first reading, and all other records up to the second.
//!
//! A span is passed on as soon as its end is read, while its words are in the cache. Its notes may be in a ring that is
//! read later. So notes are read beforehand, if there are any, and an end whose start is read later is stored until then.
//!
//! For a trace that a trigger wants, earlier records are searched again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use traced_actor::context::{Timestamp, TraceId};

use super::lanes::{BLOCK, Lane};
use super::memory::Memory;
use super::recorder::{Shared, nanos};
use super::ring::{Header, Ring, each};
use super::span::{Ended, Notes, OpenSpans, SpanRecord, is_end, is_note, trace_of_start};
use super::table::Operation;
use super::taken::{Sink, Taken};
use super::trigger::Trigger;
use super::wall::Wall;
use super::words::{self, start};

/// The maximum number of spans that have started and not ended. Beyond it, the older half is given up.
const MOST_OPEN: usize = 100_000;
/// The maximum number of times that are stored for a ring, to find its horizon.
const MARKS: usize = 1024;
/// A ring with less than this is enlarged if there is memory.
const SHORT: Duration = Duration::from_secs(30);
/// The maximum factor by which it is enlarged.
const MOST_TIMES: u64 = 32;

/// The progress so far.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) by_chance: AtomicU64,
    pub(crate) triggered: AtomicU64,
    pub(crate) missed_words: AtomicU64,
    pub(crate) overwritten_words: AtomicU64,
    pub(crate) records: AtomicU64,
    pub(crate) given_up: AtomicU64,
    pub(crate) unwritten: AtomicU64,
    /// The horizon in nanoseconds, or the maximum if nothing was overwritten yet.
    pub(crate) horizon: AtomicU64,
}

pub(crate) struct Collector {
    shared: &'static Shared,
    progress: Arc<Progress>,
    sinks: Vec<Box<dyn Sink>>,
    /// The cursors by the [`key`] of the ring, which the cursor keeps alive.
    cursors: HashMap<usize, Cursor>,
    open: OpenSpans,
    wall: Wall,
    /// The records and overwritten words of rings that no longer exist.
    gone: [u64; 2],
    buffer: Vec<u64>,
    next_second: u64,
}

/// The position up to which a ring was read.
struct Cursor {
    ring: Arc<Ring<BLOCK>>,
    /// The position up to which ends were read.
    ends: u64,
    /// The position up to which all other records were read, which is not before `ends`.
    rest: u64,
    /// The number of notes that were published before the last reading, all of which were read.
    noted: u64,
    /// Positions of the writer, with the times.
    marks: VecDeque<(u64, u64)>,
}

impl Cursor {
    fn new(ring: Arc<Ring<BLOCK>>) -> Self {
        let oldest = ring.oldest();
        Self { ring, ends: oldest, rest: oldest, noted: 0, marks: VecDeque::new() }
    }

    /// Stores the position of the writer, and returns the age of the oldest word if words were overwritten.
    fn horizon(&mut self, now: u64) -> Option<u64> {
        let oldest = self.ring.oldest();
        while self.marks.get(1).is_some_and(|(position, _)| *position <= oldest) {
            self.marks.pop_front();
        }
        if self.marks.len() == MARKS {
            // Keeps every second one, which doubles the times between them.
            let mut index = 0;
            self.marks.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        let head = self.ring.head();
        if self.marks.back().is_none_or(|(position, _)| *position < head) {
            self.marks.push_back((head, now));
        }
        let (_, since) = self.marks.front().filter(|_| oldest > 0)?;
        Some(now.saturating_sub(*since))
    }
}

/// Returns the key of a ring's cursor: its address.
fn key(ring: &Arc<Ring<BLOCK>>) -> usize {
    Arc::as_ptr(ring).addr()
}

/// Calls a function with each record in a range that still exists. Returns the number of words that do not.
fn walk(
    ring: &Ring<BLOCK>,
    range: Range<u64>,
    buffer: &mut Vec<u64>,
    mut visit: impl FnMut(Header, &[u64]),
) -> u64 {
    let mut missed = 0;
    let mut at = range.start;
    while at < range.end {
        let end = ((at / BLOCK as u64 + 1) * BLOCK as u64).min(range.end);
        buffer.clear();
        let whole = ring.copy(at..end, buffer);
        missed += whole.start - at;
        each::<BLOCK>(buffer, whole.start, &mut visit);
        at = end;
    }
    missed
}

impl Collector {
    pub(crate) fn new(shared: &'static Shared, progress: Arc<Progress>, sinks: Vec<Box<dyn Sink>>) -> Self {
        progress.horizon.store(u64::MAX, Relaxed);
        Self {
            shared,
            progress,
            sinks,
            cursors: HashMap::new(),
            open: OpenSpans::default(),
            wall: Wall::default(),
            gone: [0; 2],
            buffer: Vec::with_capacity(BLOCK),
            next_second: 0,
        }
    }

    /// Runs one round. At the end of a flush, no span is held back.
    pub(crate) fn round(&mut self, is_flush: bool) {
        let now = self.shared.clock.now();
        if now.unix_nanos() >= self.next_second {
            self.next_second = now.unix_nanos() + 1_000_000_000;
            self.shared.clock.follow();
            let now = self.shared.clock.now();
            let offset = self.wall.read(now);
            if let Memory::Mapped(file) = self.shared.lanes.memory() {
                file.touch(now.unix_nanos(), offset);
            }
            self.shared.wanted.expire(now);
            self.learn();
        }
        let new: HashSet<TraceId> = self.shared.wanted.take_new().into_iter().collect();
        let lanes = self.shared.lanes.all();
        let rings: Vec<Arc<Ring<BLOCK>>> = lanes.iter().flat_map(|lane| lane.rings()).collect();
        for ring in &rings {
            self.cursors.entry(key(ring)).or_insert_with(|| Cursor::new(ring.clone()));
        }
        let mut found = HashSet::new();
        if !new.is_empty() {
            found = self.search(&rings, &new);
        }
        self.read(&rings, |trace| {
            if new.contains(&trace) {
                found.insert(trace);
            }
        });
        self.tell(&new, &found, now);
        self.manage(&lanes, now.unix_nanos());
        for sink in &mut self.sinks {
            sink.end_round(is_flush);
        }
    }

    /// Searches earlier records for newly wanted traces. Returns the traces of which records were found.
    fn search(&mut self, rings: &[Arc<Ring<BLOCK>>], new: &HashSet<TraceId>) -> HashSet<TraceId> {
        let mut traces = HashSet::new();
        let mut found = OpenSpans::default();
        let Self { shared, progress, sinks, cursors, open, wall, buffer, .. } = self;
        let shared = *shared;
        let of = |number| operation(shared, number);
        let cursors = || rings.iter().filter_map(|ring| cursors.get(&key(ring)));
        for Cursor { ring, rest, .. } in cursors() {
            walk(ring, ring.oldest().min(*rest)..*rest, buffer, |header, record| {
                let trace = trace_of_start(record).filter(|trace| new.contains(trace));
                if header.kind != words::START || trace.is_none() {
                    return;
                }
                traces.extend(trace);
                // Spans that the sampler kept were already passed on.
                if header.flags & start::SAMPLED == 0
                    && let Some(operation) = of(header.number)
                {
                    found.start(header, record, operation);
                }
            });
        }
        if found.len() > 0 {
            let mut ends = Vec::new();
            for Cursor { ring, ends: read, rest, .. } in cursors() {
                let oldest = ring.oldest();
                walk(ring, oldest.min(*read)..*read, buffer, |header, record| {
                    if is_end(header.kind) && record.first().is_some_and(|id| found.has(*id)) {
                        ends.push((header, record.to_vec()));
                    }
                });
                walk(ring, oldest.min(*rest)..*rest, buffer, |header, record| {
                    if is_note(header.kind) {
                        found.add(header, record, of);
                    }
                });
            }
            for (header, record) in ends {
                if let Ended::Span(span) = found.end(header, &record) {
                    hand_on(span, &mut found, shared, progress, sinks, wall);
                }
            }
        }
        for span in found.into_spans() {
            make_room(open, progress);
            open.insert(span);
        }
        traces
    }

    /// Tells other processes that have a part of a wanted trace, and counts requests of others that came too late.
    fn tell(&self, new: &HashSet<TraceId>, found: &HashSet<TraceId>, now: Timestamp) {
        let peers = &self.shared.peers;
        for trace in new {
            let Some(trigger) = self.shared.wanted.get(*trace) else { continue };
            if trigger == Trigger::Promoted && !found.contains(trace) {
                peers.late.fetch_add(1, Relaxed);
            }
            peers.tell(*trace, trigger, now);
        }
    }

    /// Reads new records. Calls a function with the trace of each wanted span.
    fn read(&mut self, rings: &[Arc<Ring<BLOCK>>], mut each: impl FnMut(TraceId)) {
        let noted: Vec<u64> = rings.iter().map(|ring| ring.noted()).collect();
        let first: Vec<u64> = rings.iter().map(|ring| ring.head()).collect();
        let second: Vec<u64> = rings.iter().map(|ring| ring.head()).collect();
        let mut news = Vec::new();
        let mut is_noted = false;
        for (ring, ((noted, first), second)) in rings.iter().zip(noted.into_iter().zip(first).zip(second)) {
            let Some(cursor) = self.cursors.get_mut(&key(ring)) else { continue };
            is_noted |= ring.begun() != cursor.noted;
            if cursor.ends < first || cursor.rest < second {
                // Of the records between `ends` and `rest`, the last round has read all except the ends.
                news.push(News { ring, ends: cursor.ends, rest: cursor.rest, first, second });
            }
            (cursor.ends, cursor.rest, cursor.noted) = (first, second, noted);
        }
        let is_alone = news.len() <= 1;
        let mut notes = Notes::default();
        if is_noted && !is_alone {
            for News { ring, rest, second, .. } in &news {
                walk(ring, *rest..*second, &mut self.buffer, |header, record| {
                    if is_note(header.kind) {
                        notes.push(header, record);
                    }
                });
            }
        }
        let Self { shared, progress, sinks, open, wall, buffer, .. } = self;
        let shared = *shared;
        let of = |number| operation(shared, number);
        let mut end = |open: &mut OpenSpans, notes: &mut Notes, header, record: &[u64]| {
            if !notes.is_empty()
                && let Some(id) = record.first().filter(|id| open.has(**id))
            {
                notes.take(*id, |header, record| open.add(header, record, of));
            }
            match open.end(header, record) {
                Ended::Span(span) => hand_on(span, open, shared, progress, sinks, wall),
                Ended::Discarded => {}
                Ended::Unknown => return false,
            }
            true
        };
        // Ends whose start may be in a ring that comes later.
        let mut ends = Notes::default();
        let wants_any = shared.wanted.has_any();
        for of_ring in &news {
            for (range, has_ends, has_rest) in of_ring.parts() {
                let missed = walk(of_ring.ring, range, buffer, |header, record| match header.kind {
                    words::START if has_rest => {
                        let is_wanted = header.flags & start::SAMPLED != 0
                            || trace_of_start(record).is_some_and(|trace| shared.wanted.get(trace).is_some());
                        if is_wanted && let Some(operation) = of(header.number) {
                            make_room(open, progress);
                            if let Some(span) = open.start(header, record, operation) {
                                each(span.context.trace_id);
                            }
                        }
                    }
                    words::START => {}
                    kind if is_end(kind) => {
                        // An end that no wanted span waits for is not stored.
                        let may_be_wanted =
                            wants_any || kind == words::DISCARD || header.flags & words::end::SAMPLED != 0;
                        if has_ends && !end(open, &mut notes, header, record) && !is_alone && may_be_wanted {
                            ends.push(header, record);
                        }
                    }
                    kind if has_rest && is_alone && is_note(kind) => open.add(header, record, of),
                    _ => {}
                });
                if has_rest {
                    progress.missed_words.fetch_add(missed, Relaxed);
                }
            }
        }
        for id in ends.spans() {
            if open.has(id) {
                ends.take(id, |header, record| {
                    end(open, &mut notes, header, record);
                });
            }
        }
        for id in notes.spans() {
            notes.take(id, |header, record| open.add(header, record, of));
        }
    }

    /// Enlarges rings, drops older ones, and counts.
    fn manage(&mut self, lanes: &[Arc<Lane>], now: u64) {
        let lanes_of = &self.shared.lanes;
        let mut shortest = u64::MAX;
        for lane in lanes {
            let rings = lane.rings();
            let horizons = rings.iter().map(|ring| self.cursors.get_mut(&key(ring))?.horizon(now));
            if let Some(Some(horizon)) = horizons.last() {
                shortest = shortest.min(horizon);
                if horizon < nanos(SHORT) {
                    lanes_of.enlarge(lane, (nanos(SHORT) / horizon.max(1)).clamp(2, MOST_TIMES));
                }
            }
            if let Some(older) = lanes_of.shed(lane) {
                self.cursors.remove(&key(&older));
                self.gone[0] += older.records();
                self.gone[1] += older.head();
            }
        }
        let (mut records, mut overwritten) = (self.gone[0], self.gone[1]);
        for cursor in self.cursors.values() {
            records += cursor.ring.records();
            overwritten += cursor.ring.oldest();
        }
        self.progress.records.store(records, Relaxed);
        self.progress.overwritten_words.store(overwritten, Relaxed);
        self.progress.horizon.store(shortest, Relaxed);
    }

    /// Updates the learned durations and failure rates from the last second.
    fn learn(&self) {
        let triggers = &self.shared.triggers;
        for spans in self.shared.operations.all() {
            let Some(stats) = &spans.stats else { continue };
            let of = &spans.operation;
            if let Some(share) = triggers.slow_percentile
                && !triggers.slow_operations.contains_key(of.name)
                && let Some(learned) = stats.percentile(share)
            {
                of.slow.store(learned, Relaxed);
                if stats.is_full() {
                    stats.age();
                }
            }
            if let Some(most) = triggers.failure_rate {
                let failing = stats.take_failure_rate().is_some_and(|rate| rate >= most);
                spans.is_failing.store(failing, Relaxed);
            }
        }
    }
}

fn operation(shared: &'static Shared, number: u32) -> Option<&'static Operation> {
    shared.operations.get(number).map(|spans| &spans.operation)
}

/// The new records of a ring.
struct News<'a> {
    ring: &'a Ring<BLOCK>,
    /// The positions up to which ends and all other records were read.
    ends: u64,
    rest: u64,
    /// The positions up to which they are read now.
    first: u64,
    second: u64,
}

impl News<'_> {
    /// Returns the ranges to read, each with whether its ends and its other records are read.
    fn parts(&self) -> [(Range<u64>, bool, bool); 3] {
        let &Self { ends, rest, first, second, .. } = self;
        // `rest` is the head of the last round, which is at most `first`, or the oldest word for a new cursor.
        let middle = rest.min(first);
        [(ends..middle, true, false), (middle..first, true, true), (first.max(rest)..second, false, true)]
    }
}

/// Hands on a span that has ended.
fn hand_on(
    mut span: Box<SpanRecord>,
    open: &mut OpenSpans,
    shared: &Shared,
    progress: &Progress,
    sinks: &mut [Box<dyn Sink>],
    wall: &Wall,
) {
    span.trigger = shared.wanted.get(span.context.trace_id);
    let count = if span.context.is_sampled() { &progress.by_chance } else { &progress.triggered };
    // This thread alone writes them.
    count.store(count.load(Relaxed) + 1, Relaxed);
    let taken = Taken::new(&span, &shared.names, wall);
    for sink in sinks {
        sink.take(&taken);
    }
    open.reuse(span);
}

/// Makes room for another open span.
#[inline]
fn make_room(open: &mut OpenSpans, progress: &Progress) {
    if open.len() >= MOST_OPEN {
        progress.given_up.fetch_add(open.give_up_half() as u64, Relaxed);
    }
}
