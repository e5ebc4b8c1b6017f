//! Converts contexts and span kinds between this project and OpenTelemetry.
//!
//! Our tracestate entry is handled by `context/tracestate.rs` of the runtime.

use std::str::FromStr;

use opentelemetry::trace as otel;
use opentelemetry::trace::{SpanContext, TraceState};

use traced_actor::context::{SampledContext, SpanId, SpanKind, TraceContext, TraceFlags, TraceId};

/// Returns `context` as OpenTelemetry's, without its hops.
///
/// Hops change with each message, and a span's tracestate costs an allocation.
pub(super) fn to_otel(context: &SampledContext) -> SpanContext {
    with_hops(context, 0)
}

/// Returns a context that came from outside as OpenTelemetry's, including its hops.
pub(super) fn arriving(context: &SampledContext) -> SpanContext {
    with_hops(context, context.hops)
}

fn with_hops(context: &SampledContext, hops: u16) -> SpanContext {
    let TraceContext { trace_id, span_id, flags } = context.context;
    SpanContext::new(
        otel::TraceId::from_bytes(trace_id.to_bytes()),
        otel::SpanId::from_bytes(span_id.to_bytes()),
        otel::TraceFlags::new(flags.bits()),
        context.remote,
        trace_state(context, hops),
    )
}

/// Returns OpenTelemetry's context as ours, or `None` if it is invalid.
pub(super) fn from_otel(context: &SpanContext) -> Option<SampledContext> {
    let mut found = SampledContext::new(ids(context)?);
    found.remote = context.is_remote();
    found.set_tracestate(&context.trace_state().header());
    Some(found)
}

/// Returns only the ids and flags.
pub(super) fn ids(context: &SpanContext) -> Option<TraceContext> {
    Some(TraceContext::new(
        trace_id(context.trace_id())?,
        SpanId::from_bytes(context.span_id().to_bytes())?,
        TraceFlags::new(context.trace_flags().to_u8()),
    ))
}

/// Returns only a trace id, or `None` if it is invalid.
pub(super) fn trace_id(id: otel::TraceId) -> Option<TraceId> {
    TraceId::from_bytes(id.to_bytes())
}

/// Returns a kind of span as OpenTelemetry's.
pub(super) fn kind_to_otel(kind: SpanKind) -> otel::SpanKind {
    match kind {
        SpanKind::Server => otel::SpanKind::Server,
        SpanKind::Client => otel::SpanKind::Client,
        SpanKind::Producer => otel::SpanKind::Producer,
        SpanKind::Consumer => otel::SpanKind::Consumer,
        _ => otel::SpanKind::Internal,
    }
}

/// Returns OpenTelemetry's kind of span as ours.
pub(super) fn kind_from_otel(kind: &otel::SpanKind) -> SpanKind {
    match kind {
        otel::SpanKind::Server => SpanKind::Server,
        otel::SpanKind::Client => SpanKind::Client,
        otel::SpanKind::Producer => SpanKind::Producer,
        otel::SpanKind::Consumer => SpanKind::Consumer,
        otel::SpanKind::Internal => SpanKind::Internal,
    }
}

/// Returns the tracestate of `context`. Does not allocate if it is empty.
pub(super) fn trace_state(context: &SampledContext, hops: u16) -> TraceState {
    let read = |context: &SampledContext| TraceState::from_str(&context.tracestate_out(hops)?).ok();
    match read(context) {
        Some(state) => state,
        // A tracestate that OpenTelemetry cannot hold is dropped. The trace continues without it.
        None if context.tracestate.is_some() => {
            let mut context = context.clone();
            context.tracestate = None;
            read(&context).unwrap_or_default()
        }
        None => TraceState::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use traced_actor::context::{new_span_id, new_trace_id};

    fn context(probability: f64, selected: bool, tracestate: Option<&str>) -> SampledContext {
        let ids =
            TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED.union(TraceFlags::RANDOM));
        let mut context = SampledContext::new(ids);
        context.probability = Some(probability);
        context.selected = selected;
        context.tracestate = tracestate.map(Arc::from);
        context
    }

    #[test]
    fn a_context_comes_back_as_it_went() {
        let ours = context(0.25, false, Some("vendor=x,other=y"));
        let back = from_otel(&to_otel(&ours)).unwrap();
        assert_eq!(back.context, ours.context);
        assert_eq!(back.probability, Some(0.25));
        assert_eq!(back.tracestate.as_deref(), Some("vendor=x,other=y"));
    }

    #[test]
    fn hops_come_in_and_do_not_ride_on_every_span() {
        let mut came = context(1.0, false, None);
        came.hops = 7;
        assert_eq!(from_otel(&arriving(&came)).unwrap().hops, 7);
        assert_eq!(to_otel(&came).trace_state().header(), "");
    }

    #[test]
    fn the_threshold_stays_unless_a_fan_out_chose() {
        let header =
            |selected| trace_state(&context(0.5, selected, Some("ot=th:8;rv:00000000000001")), 0).header();
        assert_eq!(header(false), "ta=w:0.5,ot=th:8;rv:00000000000001");
        assert_eq!(header(true), "ta=w:0.5,ot=rv:00000000000001");
    }

    #[test]
    fn certainty_adds_no_entry() {
        assert_eq!(trace_state(&context(1.0, false, None), 0).header(), "");
    }
}
