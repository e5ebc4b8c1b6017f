//! Our context as OpenTelemetry's, and back. The sampling weight travels in a tracestate entry of our own.

use std::str::FromStr;
use std::sync::Arc;

use opentelemetry::trace as otel;
use opentelemetry::trace::{SpanContext, TraceState};

use crate::context::{SampledContext, SpanId, TraceContext, TraceFlags, TraceId};

/// Our tracestate entry, `ta=w:0.001`: the probability with which this path of the trace was kept.
const OURS: &str = "ta";
/// OpenTelemetry's own entry, with the sampling threshold `th` among others.
const OTEL: &str = "ot";

/// `context` as OpenTelemetry's.
pub(super) fn to_otel(context: &SampledContext) -> SpanContext {
    let TraceContext { trace_id, span_id, flags } = context.context;
    SpanContext::new(
        otel::TraceId::from_bytes(trace_id.to_bytes()),
        otel::SpanId::from_bytes(span_id.to_bytes()),
        otel::TraceFlags::new(flags.bits()),
        context.remote,
        trace_state(context),
    )
}

/// OpenTelemetry's context as ours; `None` for an invalid one.
pub(super) fn from_otel(context: &SpanContext) -> Option<SampledContext> {
    let mut found = SampledContext::new(ids(context)?);
    found.remote = context.is_remote();
    let state = context.trace_state();
    found.probability = state.get(OURS).and_then(weight);
    let header = match state.get(OURS) {
        Some(_) => state.delete(OURS).map(|state| state.header()).unwrap_or_default(),
        None => state.header(),
    };
    if !header.is_empty() {
        found.tracestate = Some(Arc::from(header));
    }
    Some(found)
}

/// The ids and flags alone.
pub(super) fn ids(context: &SpanContext) -> Option<TraceContext> {
    Some(TraceContext::new(
        trace_id(context.trace_id())?,
        SpanId::from_bytes(context.span_id().to_bytes())?,
        TraceFlags::new(context.trace_flags().to_u8()),
    ))
}

/// A trace id alone; `None` for an invalid one.
pub(super) fn trace_id(id: otel::TraceId) -> Option<TraceId> {
    TraceId::from_bytes(id.to_bytes())
}

/// The tracestate that goes with `context`. Nothing is allocated where there is nothing to say.
pub(super) fn trace_state(context: &SampledContext) -> TraceState {
    // A tracestate that OpenTelemetry cannot hold is dropped whole; the trace goes on without.
    let came =
        context.tracestate.as_deref().and_then(|header| TraceState::from_str(header).ok()).unwrap_or_default();
    match context.probability {
        Some(probability) if probability < 1.0 => {
            let state = if context.selected { without_threshold(came) } else { came };
            let with_weight = state.insert(OURS, format!("w:{probability}"));
            with_weight.unwrap_or(state)
        }
        _ => came,
    }
}

/// Without OpenTelemetry's threshold, which cannot describe the choice of one recipient among several: all of
/// them share the trace id, so a consistent sampler would have answered the same for each.
fn without_threshold(state: TraceState) -> TraceState {
    let Some(value) = state.get(OTEL) else { return state };
    let rest: Vec<&str> = value.split(';').filter(|entry| !entry.starts_with("th:")).collect();
    let changed =
        if rest.is_empty() { state.delete(OTEL) } else { state.insert(OTEL, rest.join(";")) };
    changed.unwrap_or_default()
}

/// The probability in our entry, if it is one.
fn weight(value: &str) -> Option<f64> {
    let weight: f64 = value.strip_prefix("w:")?.parse().ok()?;
    (weight > 0.0 && weight <= 1.0).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{new_span_id, new_trace_id};

    fn context(probability: f64, selected: bool, tracestate: Option<&str>) -> SampledContext {
        let ids = TraceContext::new(
            new_trace_id(),
            new_span_id(),
            TraceFlags::SAMPLED.union(TraceFlags::RANDOM),
        );
        SampledContext {
            probability: Some(probability),
            selected,
            tracestate: tracestate.map(Arc::from),
            ..SampledContext::new(ids)
        }
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
    fn the_threshold_stays_unless_a_fan_out_chose() {
        let header = |selected| trace_state(&context(0.5, selected, Some("ot=th:8;rv:00000000000001"))).header();
        assert_eq!(header(false), "ta=w:0.5,ot=th:8;rv:00000000000001");
        assert_eq!(header(true), "ta=w:0.5,ot=rv:00000000000001");
    }

    #[test]
    fn certainty_adds_no_entry() {
        assert_eq!(trace_state(&context(1.0, false, None)).header(), "");
    }

    #[test]
    fn a_weight_that_is_no_probability_is_ignored() {
        for value in ["w:0", "w:-0.5", "w:1.5", "w:NaN", "w:", "0.5"] {
            assert_eq!(weight(value), None, "{value}");
        }
        assert_eq!(weight("w:0.001"), Some(0.001));
    }
}
