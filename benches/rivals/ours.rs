//! An unsampled message with metrics and open work.

use traced_actor_benches::{Measure, Row, Set};
use traced_actor_metrics::Metrics;

use crate::provider;
use crate::work::{CAPACITY, Parent, Text, arrived, runtime, start, stored, text};

pub(crate) const BARE: &str = "bare";
pub(crate) const OURS: &str = "traced-actor, metrics on";

/// Sets up the process with metrics.
pub(crate) fn world() {
    provider::install();
    Metrics::builder().install().expect("nothing else observes");
}

pub(crate) const METRICS: Set = Set {
    name: "traced-actor",
    world,
    contestants: &[(BARE, || bare::contestant()), (OURS, || traced::contestant(Parent::Unsampled))],
    rows: &[
        Row::new("metrics and open work on: added to a bare message", OURS, BARE, Measure::AddedNs, None),
        Row::new("metrics and open work on: a message in total", OURS, OURS, Measure::Ns, None),
        Row::new("metrics and open work on: allocations", OURS, BARE, Measure::AddedAllocations, None),
    ],
};

#[allow(dead_code, reason = "a part of the program is needed")]
pub(crate) mod bare {
    use tokio::sync::mpsc;
    include!("../budgets/programs/plain.rs");
}

#[allow(dead_code, reason = "a part of the program is needed")]
pub(crate) mod traced {
    use traced_actor::sync::mpsc;
    include!("../budgets/programs/traced.rs");
}
