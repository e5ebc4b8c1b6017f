//! Assembles a span from its records.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use traced_actor::context::{SpanId, TraceContext, TraceFlags, TraceId};

use super::ring::Header;
use super::table::{Operation, Type};
use super::trigger::Trigger;
use super::words::{self, Words, end, start};

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
    pub(crate) values: Vec<u64>,
    /// The name that the handler set.
    pub(crate) name: Option<String>,
    pub(crate) later: Vec<Later>,
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
    Event { name: u32, at: u64 },
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
    #[expect(clippy::cast_possible_truncation, reason = "it was a u32")]
    fn read(words: &mut Words<'_>, of: Type) -> Self {
        match of {
            Type::Bool => Self::Bool(words.word() != 0),
            Type::Int => Self::Int(words.word().cast_signed()),
            Type::Float => Self::Float(f64::from_bits(words.word())),
            Type::Text => Self::Text(words.text()),
            Type::Name => Self::Name(words.word() as u32),
        }
    }
}

/// Returns the trace of a start without reading the rest.
pub(crate) fn trace_of_start(record: &[u64]) -> Option<TraceId> {
    let [high, low, ..] = record else { return None };
    TraceId::new(u128::from(*high) << 64 | u128::from(*low))
}

impl SpanRecord {
    /// Reads a start. Returns `None` if it is not one.
    #[expect(clippy::cast_possible_truncation, reason = "the halves")]
    pub(crate) fn read(header: Header, record: &[u64], operation: &'static Operation) -> Option<Self> {
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
        let mut rest = Words(rest);
        let probability = (header.flags & start::PROBABILITY != 0).then(|| f64::from_bits(rest.word()));
        let instance = (header.flags & start::INSTANCE != 0).then(|| rest.text());
        let tracestate = (header.flags & start::TRACESTATE != 0).then(|| rest.text());
        Some(Self {
            operation,
            fields_of: operation,
            context: TraceContext::new(trace, SpanId::new(span)?, flags),
            parent: SpanId::new(parent),
            has_remote_parent: header.flags & start::REMOTE_PARENT != 0,
            tracestate,
            start,
            end: start,
            wait: (wait != words::NO_WAIT).then(|| Duration::from_nanos(wait)),
            reason: reason as u32,
            probability,
            batch: (header.flags & start::BATCH != 0).then_some((reason >> 32) as u32),
            instance,
            lost_context: header.flags & start::LOST != 0,
            fields,
            values: rest.0.to_vec(),
            name: None,
            later: Vec::new(),
            counts: LaterCounts::default(),
            dropped: LaterCounts::default(),
            error: None,
            fanout: None,
            trigger: None,
        })
    }

    /// Returns the fields with their values.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let mut words = Words(&self.values);
        self.fields_of.keys(self.fields).map(move |key| (key.name, Value::read(&mut words, key.of)))
    }

    /// Adds the data of another record. Returns whether the span has ended.
    pub(crate) fn add(
        &mut self,
        header: Header,
        record: &[u64],
        operation: impl FnOnce(u32) -> Option<&'static Operation>,
    ) -> bool {
        let mut words = Words(record.get(1..).unwrap_or_default());
        let number = header.number;
        match header.kind {
            words::END => {
                self.end = words.word();
                let text = (header.flags & end::TEXT != 0).then(|| words.text());
                if header.flags & end::FAILED != 0 {
                    self.error = Some(SpanError { error_type: number, text });
                }
                if header.flags & end::FANOUT != 0 {
                    self.fanout = Some(std::array::from_fn(|_| words.word()));
                }
                return true;
            }
            words::ATTRIBUTE => {
                let value = Value::read(&mut words, Type::of_number(header.flags));
                self.push(Later::Attribute { name: number, value });
            }
            words::EVENT => self.push(Later::Event { name: number, at: words.word() }),
            words::LINK => {
                let trace = trace_of_start(words.0);
                let span = words.0.get(2).copied().and_then(SpanId::new);
                if let (Some(trace), Some(span)) = (trace, span) {
                    let context = TraceContext::new(trace, span, TraceFlags::new(header.flags));
                    self.push(Later::Link { context, is_remote: number != 0 });
                }
            }
            words::ERROR => {
                let text = words.text();
                let text = Some(text).filter(|text| !text.is_empty());
                self.error = Some(SpanError { error_type: number, text });
            }
            words::RENAME => self.operation = operation(number).unwrap_or(self.operation),
            words::NAME => self.name = Some(words.text()),
            _ => {}
        }
        false
    }

    fn push(&mut self, later: Later) {
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
            self.later.push(later);
        } else {
            *dropped = dropped.saturating_add(1);
        }
    }
}

/// Spans by their id, which is random already.
pub(crate) type OpenSpans = HashMap<u64, SpanRecord, BuildHasherDefault<Random>>;

/// Adds a record to its span, if the span is one of these. If the record is the end, moves the span to `ended`.
pub(crate) fn follow(
    open: &mut OpenSpans,
    header: Header,
    record: &[u64],
    operation: impl FnOnce(u32) -> Option<&'static Operation>,
    ended: &mut Vec<SpanRecord>,
) {
    let Some(&id) = record.first().filter(|_| header.kind != words::START) else { return };
    if header.kind == words::DISCARD {
        open.remove(&id);
    } else if open.get_mut(&id).is_some_and(|span| span.add(header, record, operation)) {
        ended.extend(open.remove(&id));
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
