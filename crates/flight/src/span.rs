//! Assembles a span from its records.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;
use std::time::Duration;

use traced_actor::context::{SpanId, TraceContext, TraceFlags, TraceId};

use super::ring::Header;
use super::table::{Key, Operation, Type};
use super::trigger::Trigger;
use super::words::{self, WordReader, end, start};

/// The maximum number of attributes of a span, of its events, and of its links. OpenTelemetry's limits are the same.
const MOST: usize = 128;
/// The maximum number of attributes of a span without its handler's: those of its start, except the fields, and of its
/// end.
const OWN_ATTRIBUTES: usize = 18;

/// A span whose start was read.
pub(crate) struct SpanRecord {
    pub(crate) operation: &'static Operation,
    /// The operation at its start, which determines the fields.
    fields_of: &'static Operation,
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<SpanId>,
    pub(crate) has_remote_parent: bool,
    /// The tracestate, if it has entries of others.
    pub(crate) tracestate: Option<String>,
    /// The start, by the recorder's clock.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) wait: Option<Duration>,
    /// The number of the reason's name.
    pub(crate) reason: u32,
    pub(crate) probability: Option<f64>,
    pub(crate) batch: Option<u32>,
    pub(crate) instance: Option<String>,
    pub(crate) lost_context: bool,
    /// The bits of the present fields, and their values.
    pub(crate) fields: u64,
    values: Vec<u64>,
    /// The name that the handler set.
    pub(crate) name: Option<String>,
    /// The notes, with their times. Sorted by time once the span has ended.
    pub(crate) later: Vec<(u64, Later)>,
    /// The times at which it got its operation, its name and its error.
    changed: [u64; 3],
    /// The numbers of attributes, events and links that were added later.
    counts: LaterCounts,
    /// The numbers of those that exceeded the limits.
    pub(crate) dropped: LaterCounts,
    pub(crate) error: Option<SpanError>,
    /// The outcome of its fan-outs: recipients, traced ones, failed sends, and the shortest and longest wait in
    /// nanoseconds.
    pub(crate) fanout: Option<[u64; 5]>,
    /// The reason why it is wanted, unless it is wanted only by chance.
    pub(crate) trigger: Option<Trigger>,
}

/// Data that was added to a span while it was open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Later {
    Attribute { name: u32, value: Value },
    Event { name: u32 },
    Link { context: TraceContext, is_remote: bool },
}

/// Numbers of attributes, events and links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LaterCounts {
    pub(crate) attributes: u32,
    pub(crate) events: u32,
    pub(crate) links: u32,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// The number of a name.
    Name(u32),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SpanError {
    /// The number of a name.
    pub(crate) error_type: u32,
    pub(crate) text: Option<String>,
}

impl Value {
    pub(crate) fn read(words: &mut WordReader<'_>, of: Type) -> Self {
        match of {
            Type::Bool => Self::Bool(words.word() != 0),
            Type::Int => Self::Int(words.word().cast_signed()),
            Type::Float => Self::Float(f64::from_bits(words.word())),
            Type::Text => Self::Text(words.text()),
            Type::Name => Self::Name(words.name()),
        }
    }
}

/// Returns the trace of a start without reading the rest.
pub(crate) fn trace_of_start(record: &[u64]) -> Option<TraceId> {
    let [high, low, ..] = record else { return None };
    TraceId::new(u128::from(*high) << 64 | u128::from(*low))
}

impl SpanRecord {
    /// Creates a span of which only the identity is known.
    fn new(context: TraceContext, operation: &'static Operation) -> Self {
        Self {
            operation,
            fields_of: operation,
            context,
            parent: None,
            has_remote_parent: false,
            tracestate: None,
            start: 0,
            end: 0,
            wait: None,
            reason: 0,
            probability: None,
            batch: None,
            instance: None,
            lost_context: false,
            fields: 0,
            values: Vec::new(),
            name: None,
            later: Vec::new(),
            changed: [0; 3],
            counts: LaterCounts::default(),
            dropped: LaterCounts::default(),
            error: None,
            fanout: None,
            trigger: None,
        }
    }

    /// Reads a start into the place of a span that has ended, or into a new one. Returns `None` if it is not one.
    ///
    /// Each field is written in place, because a whole new span would be copied several times.
    #[expect(clippy::cast_possible_truncation, reason = "the halves")]
    fn read(
        header: Header,
        record: &[u64],
        operation: &'static Operation,
        place: impl FnOnce() -> Option<Box<Self>>,
    ) -> Option<Box<Self>> {
        let trace = trace_of_start(record)?;
        let (&[_, _, span, parent, start, wait, reason, fields], rest) =
            record.split_first_chunk::<{ words::START_WORDS }>()?;
        let mut flags = TraceFlags::NONE;
        if header.flags & start::SAMPLED != 0 {
            flags = flags.union(TraceFlags::SAMPLED);
        }
        if header.flags & start::RANDOM != 0 {
            flags = flags.union(TraceFlags::RANDOM);
        }
        let context = TraceContext::new(trace, SpanId::new(span)?, flags);
        let mut this = place().unwrap_or_else(|| Box::new(Self::new(context, operation)));
        let mut rest = WordReader(rest);
        (this.operation, this.fields_of, this.context) = (operation, operation, context);
        this.parent = SpanId::new(parent);
        this.has_remote_parent = header.flags & start::REMOTE_PARENT != 0;
        (this.start, this.end) = (start, start);
        this.wait = (wait != words::NO_WAIT).then(|| Duration::from_nanos(wait));
        this.reason = reason as u32;
        this.batch = (header.flags & start::BATCH != 0).then_some((reason >> 32) as u32);
        this.probability = (header.flags & start::PROBABILITY != 0).then(|| f64::from_bits(rest.word()));
        this.instance = (header.flags & start::INSTANCE != 0).then(|| rest.text());
        this.tracestate = (header.flags & start::TRACESTATE != 0).then(|| rest.text());
        this.lost_context = header.flags & start::LOST != 0;
        this.fields = fields;
        this.values.clear();
        this.values.extend_from_slice(rest.0);
        this.later.clear();
        this.changed = [0; 3];
        (this.counts, this.dropped) = (LaterCounts::default(), LaterCounts::default());
        (this.name, this.error, this.fanout, this.trigger) = (None, None, None, None);
        Some(this)
    }

    /// Returns the fields with their values.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let mut words = self.values();
        self.keys().map(move |(_, key)| (key.name, Value::read(&mut words, key.of)))
    }

    /// Returns the fields with their indices in the operation.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (usize, &'static Key)> {
        self.fields_of.keys(self.fields)
    }

    /// Returns the values of the fields.
    pub(crate) fn values(&self) -> WordReader<'_> {
        WordReader(&self.values)
    }

    /// Ends it as a record says.
    fn end(&mut self, header: Header, record: &[u64]) {
        let mut words = WordReader(record.get(1..).unwrap_or_default());
        self.end = words.word();
        let text = (header.flags & end::TEXT != 0).then(|| words.text());
        if header.flags & end::FAILED != 0 {
            self.error = Some(SpanError { error_type: header.number, text });
        }
        if header.flags & end::FANOUT != 0 {
            self.fanout = Some(std::array::from_fn(|_| words.word()));
        }
        self.later.sort_by_key(|(at, _)| *at);
    }

    /// Adds what a note says of it.
    fn add(
        &mut self,
        header: Header,
        record: &[u64],
        operation: impl FnOnce(u32) -> Option<&'static Operation>,
    ) {
        let mut words = WordReader(record.get(1..).unwrap_or_default());
        let (number, at) = (header.number, words.word());
        // Notes of another thread may come late: the latest one counts.
        let [operation_at, name_at, error_at] = &mut self.changed;
        let is_latest = |last: &mut u64| at >= mem::replace(last, at.max(*last));
        match header.kind {
            words::ATTRIBUTE => {
                let value = Value::read(&mut words, Type::of_number(header.flags));
                self.push(at, Later::Attribute { name: number, value });
            }
            words::EVENT => self.push(at, Later::Event { name: number }),
            words::LINK => {
                let trace = trace_of_start(words.0);
                let span = words.0.get(2).copied().and_then(SpanId::new);
                if let (Some(trace), Some(span)) = (trace, span) {
                    let context = TraceContext::new(trace, span, TraceFlags::new(header.flags));
                    self.push(at, Later::Link { context, is_remote: number != 0 });
                }
            }
            words::ERROR if is_latest(error_at) => {
                let text = words.text();
                let text = Some(text).filter(|text| !text.is_empty());
                self.error = Some(SpanError { error_type: number, text });
            }
            words::RENAME if is_latest(operation_at) => {
                self.operation = operation(number).unwrap_or(self.operation);
            }
            words::NAME if is_latest(name_at) => self.name = Some(words.text()),
            _ => {}
        }
    }

    fn push(&mut self, at: u64, later: Later) {
        let own = OWN_ATTRIBUTES + self.fields.count_ones() as usize;
        let (counts, dropped) = (&mut self.counts, &mut self.dropped);
        let (count, dropped, most) = match later {
            Later::Attribute { .. } => {
                (&mut counts.attributes, &mut dropped.attributes, MOST.saturating_sub(own))
            }
            Later::Event { .. } => (&mut counts.events, &mut dropped.events, MOST),
            Later::Link { .. } => (&mut counts.links, &mut dropped.links, MOST),
        };
        if (*count as usize) < most {
            *count += 1;
            self.later.push((at, later));
        } else {
            *dropped = dropped.saturating_add(1);
        }
    }
}

/// Spans that have started and not ended.
///
/// The memory of those that are over is used for the next ones.
#[derive(Default)]
pub(crate) struct OpenSpans {
    /// The spans by their id, which is random already.
    by_id: HashMap<u64, Box<SpanRecord>, BuildHasherDefault<Random>>,
    #[expect(clippy::vec_box, reason = "they move to the map and back")]
    over: Vec<Box<SpanRecord>>,
}

impl OpenSpans {
    /// The maximum number of spans whose memory is kept.
    const MOST_OVER: usize = 256;

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn has(&self, id: u64) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Reads a start. Returns the span, unless the record is none.
    pub(crate) fn start(
        &mut self,
        header: Header,
        record: &[u64],
        operation: &'static Operation,
    ) -> Option<&SpanRecord> {
        let span = SpanRecord::read(header, record, operation, || self.over.pop())?;
        Some(self.insert(span))
    }

    pub(crate) fn insert(&mut self, span: Box<SpanRecord>) -> &SpanRecord {
        self.by_id.entry(span.context.span_id.get()).insert_entry(span).into_mut()
    }

    /// Adds what a note says, if it is about one of these spans.
    pub(crate) fn add(
        &mut self,
        header: Header,
        record: &[u64],
        operation: impl FnOnce(u32) -> Option<&'static Operation>,
    ) {
        if let Some(span) = record.first().and_then(|id| self.by_id.get_mut(id)) {
            span.add(header, record, operation);
        }
    }

    /// Removes the span that a record ends, if it is one of these. Return its memory with [`reuse`](Self::reuse).
    ///
    /// A discarded span is not returned.
    pub(crate) fn end(&mut self, header: Header, record: &[u64]) -> Ended {
        let Some(mut span) = record.first().and_then(|id| self.by_id.remove(id)) else {
            return Ended::Unknown;
        };
        if header.kind == words::DISCARD {
            self.reuse(span);
            return Ended::Discarded;
        }
        span.end(header, record);
        Ended::Span(span)
    }

    /// Keeps the memory of a span that is over.
    pub(crate) fn reuse(&mut self, span: Box<SpanRecord>) {
        if self.over.len() < Self::MOST_OVER {
            self.over.push(span);
        }
    }

    /// Gives up the older half. Returns how many they are.
    #[cold]
    pub(crate) fn give_up_half(&mut self) -> usize {
        let before = self.by_id.len();
        let mut starts: Vec<u64> = self.by_id.values().map(|span| span.start).collect();
        if !starts.is_empty() {
            let (_, middle, _) = starts.select_nth_unstable(before / 2);
            let middle = *middle;
            self.by_id.retain(|_, span| span.start > middle);
        }
        before - self.by_id.len()
    }

    /// Returns the spans.
    pub(crate) fn into_spans(self) -> impl Iterator<Item = Box<SpanRecord>> {
        self.by_id.into_values()
    }
}

/// The effect of a record that ends a span.
pub(crate) enum Ended {
    Span(Box<SpanRecord>),
    Discarded,
    /// The span is not among the open ones.
    Unknown,
}

/// Returns whether a record ends its span, or discards it.
pub(crate) fn is_end(kind: u8) -> bool {
    matches!(kind, words::END | words::DISCARD)
}

/// Returns whether a record is a note: something about a span that is still open.
pub(crate) fn is_note(kind: u8) -> bool {
    !matches!(kind, words::START | words::SEND) && !is_end(kind)
}

/// Notes about spans, to be added later: other threads may have written them.
#[derive(Default)]
pub(crate) struct Notes {
    /// The records with their headers.
    words: Vec<u64>,
    /// The positions of the records about each span.
    by_span: HashMap<u64, Vec<usize>, BuildHasherDefault<Random>>,
}

impl Notes {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_span.is_empty()
    }

    pub(crate) fn push(&mut self, header: Header, record: &[u64]) {
        let Some(id) = record.first() else { return };
        self.by_span.entry(*id).or_default().push(self.words.len());
        self.words.push(header.to_word());
        self.words.extend_from_slice(record);
    }

    /// Takes out the records about a span, and calls a function with each of them.
    pub(crate) fn take(&mut self, id: u64, mut visit: impl FnMut(Header, &[u64])) {
        for at in self.by_span.remove(&id).unwrap_or_default() {
            let Some((first, rest)) = self.words.get(at..).and_then(<[u64]>::split_first) else { continue };
            let header = Header::of_word(*first);
            if let Some(record) = rest.get(..usize::from(header.words).saturating_sub(1)) {
                visit(header, record);
            }
        }
    }

    /// Returns the spans that they are about.
    pub(crate) fn spans(&self) -> Vec<u64> {
        self.by_span.keys().copied().collect()
    }
}

/// A hasher that returns a random number unchanged.
#[derive(Default)]
pub(crate) struct Random(u64);

impl Hasher for Random {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
