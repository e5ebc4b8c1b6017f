//! Spans that end as soon as they have begun: the roots of traces that only go on elsewhere.

use traced_actor::actor::short_span;
use traced_actor::context::{MessageContext, SampledContext};
use traced_actor::sampling::{Decision, Kind};

/// A short span, the root of a trace that somebody asked for without naming one.
pub(crate) fn forced_root(name: &'static str) -> Option<SampledContext> {
    // No chance is involved: such a trace stands for nothing but itself.
    static FORCED: Kind =
        Kind::new("forced").sampler(|_| Decision::Keep { probability: None, reason: "forced" });
    short_span(name, &FORCED, MessageContext::ABSENT, |_| {})
}
