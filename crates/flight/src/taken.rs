//! A span that is taken out of the rings, in the form that all sinks get.

use std::borrow::Cow;

use traced_actor::context::{SampledContext, Timestamp, TraceContext, TraceFlags};
use traced_actor::record::Attribute;

use super::attributes;
use super::span::{Later, SpanRecord, Value};
use super::table::{Names, Operation};
use super::wall::Wall;

/// Receives the wanted spans, on the collector's thread.
pub(crate) trait Sink: Send {
    fn take(&mut self, span: &Taken<'_>);

    /// Ends a round. At the end of a flush, no span may be held back.
    fn end_round(&mut self, is_flush: bool) {
        let _ = is_flush;
    }
}

/// A span with its names, and with its times by the wall clock.
pub(crate) struct Taken<'a> {
    pub(crate) record: &'a SpanRecord,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    names: &'a Names,
    wall: &'a Wall,
}

/// An event of a span.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) at: Timestamp,
}

/// A link of a span.
pub(crate) struct Link {
    pub(crate) context: TraceContext,
    pub(crate) is_remote: bool,
}

/// The failure of a span.
pub(crate) struct Error<'a> {
    pub(crate) error_type: &'static str,
    pub(crate) text: Option<&'a str>,
}

impl<'a> Taken<'a> {
    pub(crate) fn new(record: &'a SpanRecord, names: &'a Names, wall: &'a Wall) -> Self {
        // If the wall clock is set in the meantime, the duration stays right.
        let start = wall.time(record.start);
        let took = record.end.saturating_sub(record.start);
        let end = Timestamp::from_unix_nanos(start.unix_nanos().saturating_add(took));
        Self { record, start, end, names, wall }
    }

    pub(crate) fn operation(&self) -> &'static Operation {
        self.record.operation
    }

    /// Returns the name that the handler set, if it did.
    pub(crate) fn dynamic_name(&self) -> Option<&'a str> {
        self.record.name.as_deref()
    }

    /// Returns the identity of the exported span.
    ///
    /// It has the sampled flag, whatever the sampler decided. To OpenTelemetry, the flag means that a span is exported,
    /// and its processors drop a span without it. The attribute `sampling.reason` tells which spans were kept by
    /// chance.
    pub(crate) fn context(&self) -> TraceContext {
        let TraceContext { trace_id, span_id, flags } = self.record.context;
        TraceContext::new(trace_id, span_id, flags.union(TraceFlags::SAMPLED))
    }

    /// Returns its tracestate, if there is one: the entries of others, and the weight of a span that was kept by
    /// chance.
    pub(crate) fn tracestate(&self) -> Option<Cow<'a, str>> {
        if let Some(tracestate) = &self.record.tracestate {
            return Some(Cow::Borrowed(tracestate));
        }
        let probability = self.record.probability.filter(|probability| *probability < 1.0)?;
        if !self.record.context.is_sampled() {
            return None;
        }
        let mut context = SampledContext::new(self.record.context);
        context.probability = Some(probability);
        context.tracestate_out(0).map(|text| Cow::Owned(text.into_owned()))
    }

    /// Visits its attributes, in the runtime's order.
    pub(crate) fn attributes(&self, visit: impl FnMut(&'static str, Attribute<'_>)) {
        attributes::visit(self.record, self.names, visit);
    }

    /// Visits the attributes after the fields.
    pub(crate) fn later_attributes(&self, visit: impl FnMut(&'static str, Attribute<'_>)) {
        attributes::visit_later(self.record, self.names, visit);
    }

    /// Returns a value as an attribute.
    pub(crate) fn attribute<'b>(&self, value: &'b Value) -> Attribute<'b> {
        attributes::attribute(value, self.names)
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = Event> {
        self.record.later.iter().filter_map(|(at, later)| match later {
            Later::Event { name } => Some(Event { name: self.names.name(*name), at: self.wall.time(*at) }),
            _ => None,
        })
    }

    pub(crate) fn links(&self) -> impl Iterator<Item = Link> {
        self.record.later.iter().filter_map(|(_, later)| match later {
            Later::Link { context, is_remote } => Some(Link { context: *context, is_remote: *is_remote }),
            _ => None,
        })
    }

    pub(crate) fn error(&self) -> Option<Error<'a>> {
        let error = self.record.error.as_ref()?;
        Some(Error { error_type: self.names.name(error.error_type), text: error.text.as_deref() })
    }

    /// Returns the name with this number.
    pub(crate) fn name(&self, number: u32) -> &'static str {
        self.names.name(number)
    }
}
