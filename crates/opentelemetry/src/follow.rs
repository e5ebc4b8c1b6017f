//! A sampler and an id generator, with which an SDK provider follows the actors' decisions and ids.

use std::cell::Cell;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, SamplingDecision, SamplingResult, ShouldSample};

use super::{baggage, context};
use traced_actor::context::{MessageContext, new_span_id, new_trace_id};
use traced_actor::sampling::{
    self, Decision, Key, Kind, Operation, Options, SamplerAttribute, SamplerAttributes,
};
use traced_actor_propagation::BaggageKeys;

/// An SDK sampler that keeps the spans of the messages that the actors decided to keep.
///
/// Other spans follow their parent. Other roots are decided by the process-wide sampler, except within an unsampled
/// message: such a root belongs to a trace that is not kept, so it is dropped.
///
/// If [`BaggageKeys`] are installed, the spans that it keeps have the attributes of the baggage of their parent context.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActorSampler;

impl ShouldSample for ActorSampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        _: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let parent = parent_context.map(|cx| cx.span().span_context().clone()).filter(SpanContext::is_valid);
        match (DECIDED.get(), parent) {
            // The attributes of a message's baggage were already added.
            (Some(_), Some(parent)) => kept(parent.trace_state().clone()),
            // A probability of 1 is omitted, as in all contexts.
            (Some(decided), None) => {
                kept(weighted(decided.probability.filter(|probability| *probability < 1.0)))
            }
            (None, Some(parent)) if parent.is_sampled() => {
                with_baggage(kept(parent.trace_state().clone()), parent_context, attributes)
            }
            (None, None) if !MessageContext::current().is_unsampled() => {
                match root(name, trace_id, parent_context) {
                    Some(root) => with_baggage(root, parent_context, attributes),
                    None => dropped(),
                }
            }
            (None, _) => dropped(),
        }
    }
}

/// Adds the attributes of the baggage of `cx` to the span's own.
fn with_baggage(mut result: SamplingResult, cx: Option<&Context>, own: &[KeyValue]) -> SamplingResult {
    result.attributes.extend(cx.map(|cx| baggage::attributes(cx, own)).unwrap_or_default());
    result
}

fn kept(trace_state: TraceState) -> SamplingResult {
    SamplingResult { decision: SamplingDecision::RecordAndSample, attributes: Vec::new(), trace_state }
}

fn dropped() -> SamplingResult {
    SamplingResult {
        decision: SamplingDecision::Drop,
        attributes: Vec::new(),
        trace_state: TraceState::default(),
    }
}

/// Returns the result for a root that is kept: its weight, and the attributes of its decision and its sampler.
fn root(name: &str, trace_id: TraceId, cx: Option<&Context>) -> Option<SamplingResult> {
    static SPAN: Kind = Kind::new("span");
    let by_sampler = SamplerAttributes::new();
    let mut operation =
        Operation::root(name, &SPAN, context::trace_id(trace_id)?).with_attributes(&by_sampler);
    // Independent of the baggage with which the span is started.
    let key = BaggageKeys::sampling_key().and_then(|key| cx?.baggage().get(key));
    if let Some(key) = key {
        operation = operation.with_key(Key::Str(key.as_str()));
    }
    let Decision::Keep { probability, reason } = sampling::decide(&operation, &Options::new()) else {
        return None;
    };
    let mut attributes = vec![KeyValue::new("sampling.reason", reason)];
    attributes.extend(probability.map(|probability| KeyValue::new("sampling.probability", probability)));
    attributes.extend(by_sampler.iter().filter_map(|(name, value)| match value {
        SamplerAttribute::Str(text) => Some(KeyValue::new(name, text)),
        SamplerAttribute::Float(number) => Some(KeyValue::new(name, number)),
        SamplerAttribute::Int(number) => Some(KeyValue::new(name, number)),
        // A kind of value that is newer than this crate.
        _ => None,
    }));
    Some(SamplingResult { attributes, ..kept(weighted(probability)) })
}

/// Returns the tracestate of a root, so that a later fan-out knows its weight, including a weight of 1.
pub(super) fn weighted(probability: Option<f64>) -> TraceState {
    let entry = probability.map(|probability| ("ta".to_owned(), format!("w:{probability}")));
    // A tracestate can always hold the entry. Without it, the weight would not be known.
    TraceState::from_key_value(entry).unwrap_or_default()
}

thread_local! {
    /// The message whose span is being built on this thread, with its decision.
    static DECIDED: Cell<Option<Decided>> = const { Cell::new(None) };
}

/// A span that is being built.
#[derive(Clone, Copy)]
pub(super) struct Decided {
    /// The trace id whose randomness decided about a root.
    pub(super) root: Option<TraceId>,
    /// The probability with which it is kept, if known.
    pub(super) probability: Option<f64>,
}

/// Marks this thread as building a message's span, which is kept and, as a root, gets the message's trace id.
#[must_use = "if dropped immediately, it has no effect"]
pub(super) struct Entered(());

impl Decided {
    pub(super) fn enter(self) -> Entered {
        DECIDED.set(Some(self));
        Entered(())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        DECIDED.set(None);
    }
}

/// An SDK id generator that gives the root span of a message the trace id by which the message was sampled.
///
/// All other ids are random. After a fork, the child process draws different ids.
#[derive(Debug, Default)]
pub struct ActorIdGenerator(());

impl IdGenerator for ActorIdGenerator {
    fn new_trace_id(&self) -> TraceId {
        DECIDED
            .get()
            .and_then(|span| span.root)
            .unwrap_or_else(|| TraceId::from_bytes(new_trace_id().to_bytes()))
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from_bytes(new_span_id().to_bytes())
    }
}
