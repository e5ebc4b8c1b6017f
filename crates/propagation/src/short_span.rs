//! Spans that end immediately: the roots of traces that continue elsewhere.

use traced_actor::actor::short_span;
use traced_actor::context::{MessageContext, SampledContext};
use traced_actor::sampling::{Decision, Kind};

/// Records a short span: the root of a trace that was requested without naming one.
pub(crate) fn forced_root(name: &'static str) -> Option<SampledContext> {
    // It was not kept by chance, so such a trace stands only for itself.
    static FORCED: Kind =
        Kind::new("forced").sampler(|_| Decision::Keep { probability: None, reason: "forced" });
    short_span(name, &FORCED, MessageContext::ABSENT, |_| {})
}
