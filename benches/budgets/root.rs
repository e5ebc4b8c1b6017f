//! The decision about a message that arrives without one.

use std::hint::black_box;

use traced_actor::Kind;
use traced_actor::context::{MessageContext, new_trace_id};
use traced_actor::sampling::{Operation, ParentBased, Ratio, Sampler as _, set_sampler};
use traced_actor_benches::{Measure, Row, Set, timed};

use crate::programs::{provider, traced_forwarded};

static POST: Kind = Kind::new("Post");

const ROOT: &str = "decided by a ratio";
const DECIDED: &str = "decided by the sender";
const SAMPLER: &str = "the sampler and a trace id";

/// A ratio so small that no run keeps a root.
const RATIO: f64 = 1e-12;

pub(crate) const ROOTS: Set = Set {
    name: "root",
    world: || {
        set_sampler(ParentBased::new(Ratio::new(RATIO))).expect("no other sampler in this process");
        provider::install();
    },
    contestants: &[
        (ROOT, || traced_forwarded::forwarded(|| MessageContext::ABSENT)),
        (DECIDED, || traced_forwarded::forwarded(|| MessageContext::UNSAMPLED)),
        (SAMPLER, || {
            let ratio = black_box(Ratio::new(RATIO));
            timed(move |times| {
                for _ in 0..times {
                    let operation = Operation::root("Guild", &POST, new_trace_id());
                    black_box(ratio.sample(black_box(&operation)));
                }
            })
        }),
    ],
    rows: &[
        Row::new("root decision, ratio", ROOT, DECIDED, Measure::AddedNs, Some(5.0)),
        Row::new("root decision, ratio: allocations", ROOT, DECIDED, Measure::AddedAllocations, Some(0.0)),
        Row::new("root decision, ratio: the sampler and a trace id", SAMPLER, SAMPLER, Measure::Ns, None),
    ],
};
