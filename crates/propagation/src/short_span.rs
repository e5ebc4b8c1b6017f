//! Spans that end as soon as they have begun: the roots of traces that only go on elsewhere.

use crate::context::{Carried, SampledContext};
use crate::flow;
use crate::record::{Description, NoFields};
use crate::sampling::{Decision, Kind, Options};

/// A short span, the root of a trace that somebody asked for without naming one.
pub(super) fn forced_root(name: &'static str) -> Option<SampledContext> {
    // No chance is involved: such a trace stands for nothing but itself.
    static FORCED: Kind =
        Kind::new("forced").sampler(|_| Decision::Keep { probability: None, reason: "forced" });
    let description = Description {
        kind: &FORCED,
        options: Options::new().name(name),
        type_name: name,
        fanout: None,
        key: None,
        fields: &NoFields,
    };
    flow::short_span(Carried::ABSENT, description)
}
