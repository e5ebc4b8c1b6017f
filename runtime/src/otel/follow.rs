//! What makes an SDK provider follow the actors: a sampler that repeats their decision, and their ids.

use std::cell::Cell;

use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, SamplingDecision, SamplingResult, ShouldSample,
};

use super::context;
use crate::record;
use crate::sampling::{self, Decision, Kind, Operation, Options};

/// The SDK sampler that keeps the spans of messages which the actors have decided to keep.
///
/// For every other span it follows the parent, and asks the process-wide sampler about a root; but for one
/// within an unsampled message, which is part of a trace that is not kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct FollowActors;

impl ShouldSample for FollowActors {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let parent = parent_context.map(|cx| cx.span().span_context().clone()).filter(SpanContext::is_valid);
        let keep = DECIDED.get()
            || match &parent {
                Some(parent) => parent.is_sampled(),
                None => !record::is_unsampled() && keeps_root(name, trace_id),
            };
        SamplingResult {
            decision: if keep { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent.map(|parent| parent.trace_state().clone()).unwrap_or_default(),
        }
    }
}

fn keeps_root(name: &str, trace_id: TraceId) -> bool {
    static SPAN: Kind = Kind::new("span");
    let Some(trace_id) = context::trace_id(trace_id) else { return false };
    let decision = sampling::decide(&Operation::root(name, &SPAN, trace_id), &Options::new());
    matches!(decision, Decision::Keep { .. })
}

thread_local! {
    /// Whether the span that is being built on this thread is a message's, which has been decided about.
    static DECIDED: Cell<bool> = const { Cell::new(false) };
    /// The trace id by whose randomness a root was decided about.
    static ROOT: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Builds the span of a message: it is kept, and as a root gets this trace id.
pub(super) fn decided<T>(root: Option<TraceId>, build: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            DECIDED.set(false);
            ROOT.set(None);
        }
    }
    DECIDED.set(true);
    ROOT.set(root);
    let _reset = Reset;
    build()
}

/// The SDK id generator that gives a message's root the trace id by which it was decided about.
#[derive(Debug, Default)]
pub struct IdsOfActors(RandomIdGenerator);

impl IdGenerator for IdsOfActors {
    fn new_trace_id(&self) -> TraceId {
        ROOT.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
