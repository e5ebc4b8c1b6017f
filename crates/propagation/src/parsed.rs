//! A context as read from, or written to, a carrier. Common to all formats.

use std::borrow::Cow;

use super::{ParseError, traceparent, tracestate};
use crate::carrier::{ReadCarrier, Single, WriteCarrier};
use traced_actor::context::{
    SampledContext, SpanId, TraceContext, TraceFlags, TraceId, new_span_id, new_trace_id,
};
use traced_actor::sampling;

/// A trace context that was read from a carrier, in any format.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParsedContext<'a> {
    /// The sender's span. Its sampled flag is set if, and only if, the sender has sampled it.
    ///
    /// It is `None` if the carrier has a decision but no ids.
    pub context: Option<TraceContext>,
    /// The sender's sampling decision.
    pub flag: SamplingFlag,
    /// The checked `tracestate`, including our own entry.
    pub tracestate: Option<Cow<'a, str>>,
}

/// The sender's sampling decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SamplingFlag {
    /// No decision: the receiver decides (B3 without a sampling state, `Sampled=?` of AWS).
    Open,
    /// The sender decided not to sample the trace.
    Unsampled,
    /// The sender decided to sample the trace.
    Sampled,
    /// The sender requires the trace (the debug flag of B3 and Jaeger).
    Forced,
}

impl SamplingFlag {
    /// Returns whether the trace is sampled.
    pub const fn is_sampled(self) -> bool {
        matches!(self, Self::Sampled | Self::Forced)
    }
}

impl<'a> ParsedContext<'a> {
    /// Creates a decision without ids.
    pub(crate) const fn flag(flag: SamplingFlag) -> Self {
        Self { context: None, flag, tracestate: None }
    }

    /// Creates a context from the ids and the decision of a format without a random flag.
    pub(crate) fn ids(trace_id: TraceId, span_id: SpanId, flag: SamplingFlag) -> Self {
        let flags = if flag.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::NONE };
        Self { context: Some(TraceContext::new(trace_id, span_id, flags)), ..Self::flag(flag) }
    }

    /// Parses this `traceparent`, and reads the `tracestate`. Returns `None` if there is no `traceparent`.
    ///
    /// A `tracestate` without a `traceparent` is ignored, and so is, unless `all` is true, that of an unsampled
    /// context. A malformed one is dropped.
    pub(crate) fn w3c(
        traceparent: Single<'_>,
        carrier: &'a dyn ReadCarrier,
        all: bool,
    ) -> Result<Option<Self>, ParseError> {
        match traceparent {
            Single::None => Ok(None),
            Single::Several => Err(ParseError::Several),
            Single::One(value) => {
                let context = traceparent::parse(value)?;
                let wanted = all || context.is_sampled();
                let tracestate = if wanted { tracestate::read(carrier).unwrap_or_default() } else { None };
                let flag = if context.is_sampled() { SamplingFlag::Sampled } else { SamplingFlag::Unsampled };
                Ok(Some(Self { context: Some(context), flag, tracestate }))
            }
        }
    }
}

/// The key of our `tracestate` member for the debug flag of B3 and Jaeger, which W3C's flags cannot express.
const DEBUG: &str = "ta-debug";
/// The list with only that member, since B3 and Jaeger have no such list.
pub(crate) const DEBUG_LIST: &str = "ta-debug=1";

/// A context to write to a carrier.
///
/// It comes from a sampled context, or from the ids of an unsampled one. Otherwise the ids are new.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    pub(crate) context: TraceContext,
    pub(crate) tracestate: Option<Cow<'a, str>>,
    pub(crate) baggage: Option<&'a str>,
}

impl<'a> Outgoing<'a> {
    /// Creates the outgoing form of a sampled context, as a message would carry it.
    pub fn sampled(sampled: &'a SampledContext) -> Self {
        Self {
            context: sampled.context,
            tracestate: sampled.tracestate_out(sampled.hops),
            baggage: sampled.baggage.as_deref(),
        }
    }

    /// Marks the unsampled context of a handled message as *provisional*: the flight recorder of this process has its span.
    ///
    /// The flight recorder of the receiver then continues the trace. Has no effect on a sampled context, or without a flight
    /// recorder. Do not call it for a context that only passes through this process.
    #[must_use]
    pub fn provisional(mut self) -> Self {
        if !self.context.is_sampled() && sampling::records_all() {
            let list = tracestate::marked_provisional(self.tracestate.as_deref().unwrap_or_default());
            self.tracestate = Some(Cow::Owned(list));
        }
        self
    }

    /// Creates an unsampled context with new random ids.
    ///
    /// Use it if the ids of the trace are unknown. The formats cannot mark a request as unsampled without ids.
    pub fn unsampled() -> Self {
        let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::RANDOM);
        Self { context, tracestate: None, baggage: None }
    }

    /// Creates an unsampled context in the same trace, with a new span id.
    pub fn unsampled_of(unsampled: &'a super::UnsampledContext) -> Self {
        let flags = TraceFlags::new(unsampled.context.flags.bits() & TraceFlags::RANDOM.bits());
        Self {
            context: TraceContext::new(unsampled.context.trace_id, new_span_id(), flags),
            tracestate: unsampled.tracestate.as_deref().map(Cow::Borrowed),
            baggage: unsampled.baggage.as_deref(),
        }
    }

    /// Sets the baggage, a list in the form of W3C's header.
    #[must_use]
    pub const fn with_baggage(mut self, baggage: Option<&'a str>) -> Self {
        self.baggage = baggage;
        self
    }

    /// Returns the context that is written.
    pub const fn context(&self) -> &TraceContext {
        &self.context
    }

    /// Returns whether a B3 or Jaeger sender forced the trace.
    pub(crate) fn is_debug(&self) -> bool {
        self.context.is_sampled()
            && self.tracestate.as_deref().is_some_and(|list| tracestate::get(list, DEBUG).is_some())
    }

    pub(crate) fn write_w3c(&self, carrier: &mut dyn WriteCarrier) {
        carrier.set(traceparent::HEADER, traceparent::write(&self.context).as_str());
        match self.tracestate.as_deref() {
            Some(list) if !list.is_empty() => carrier.set(tracestate::HEADER, list),
            _ => carrier.unset(tracestate::HEADER),
        }
    }
}
