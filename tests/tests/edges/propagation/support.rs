//! The shared parts of the tables.

use traced_actor::context::{SampledContext, SpanId, TraceContext, TraceFlags, TraceId};
use traced_actor_propagation::{CompositePropagator, Format, ParseError, ParsedContext, SamplingFlag};

pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(crate) const SPAN: &str = "b7ad6b7169203331";

pub(crate) fn trace_id(text: &str) -> TraceId {
    text.parse().unwrap()
}

pub(crate) fn span_id(text: &str) -> SpanId {
    text.parse().unwrap()
}

/// The context of [`TRACE`] and [`SPAN`] with these flags.
pub(crate) fn context(flags: u8) -> TraceContext {
    TraceContext::new(trace_id(TRACE), span_id(SPAN), TraceFlags::new(flags))
}

pub(crate) fn sampled(tracestate: Option<&str>, baggage: Option<&str>) -> SampledContext {
    let mut sampled = SampledContext::new(context(3));
    sampled.tracestate = tracestate.map(Into::into);
    sampled.baggage = baggage.map(Into::into);
    sampled
}

/// Reads one format from these headers: ids with a flag, or an error.
pub(crate) fn read(format: Format, headers: &[(&str, &str)]) -> Result<Option<Summary>, ParseError> {
    let headers = headers.to_vec();
    let formats = CompositePropagator::new([format]);
    let incoming = formats.extract(&headers);
    match (incoming.found, incoming.error) {
        (Some((_, found)), _) => Ok(Some(summary(&found))),
        (None, Some((_, error))) => Err(error),
        (None, None) => Ok(None),
    }
}

/// Trace id, span id (both empty where there are none), and the sender's decision.
pub(crate) type Summary = (String, String, SamplingFlag);

pub(crate) fn summary(found: &ParsedContext<'_>) -> Summary {
    let ids = found.context.map(|context| (context.trace_id.to_string(), context.span_id.to_string()));
    if let Some(context) = found.context {
        assert_eq!(context.is_sampled(), found.flag.is_sampled(), "the flag says what the sender decided");
    }
    let (trace, span) = ids.unwrap_or_default();
    (trace, span, found.flag)
}

pub(crate) fn ids(flag: SamplingFlag) -> Summary {
    (TRACE.into(), SPAN.into(), flag)
}

pub(crate) fn no_ids(flag: SamplingFlag) -> Summary {
    (String::new(), String::new(), flag)
}

/// Returns the headers that these formats write for a sampled context, ordered by name.
pub(crate) fn written(formats: &[Format], context: &SampledContext) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let state = traced_actor::context::ContextState::Sampled(context);
    CompositePropagator::new(formats.iter().copied()).inject_context(state, &mut headers);
    headers.sort();
    headers
}
