//! An unsampled message while metrics are off and on. A process has one observer, so each set runs in separate
//! processes.

use traced_actor_benches::{Measure, Prepare, Row, Set};
use traced_actor_metrics::{Metrics, MetricsBuilder};

use crate::provider;
use crate::work::{CAPACITY, Parent, Text, arrived, runtime, start, stored, text};

const BARE: &str = "bare";
const TRACED: &str = "traced-actor";

const CONTESTANTS: &[(&str, Prepare)] =
    &[(BARE, || bare::contestant()), (TRACED, || traced::contestant(Parent::Unsampled))];

/// The budget of metrics is the difference between this set and the others: 25 ns.
pub(crate) const OFF: Set = Set {
    name: "metrics-off",
    world: provider::install,
    contestants: CONTESTANTS,
    rows: &[Row::new("metrics off: added to a bare message", TRACED, BARE, Measure::AddedNs, None)],
};

pub(crate) const ON: Set = Set {
    name: "metrics-on",
    world: || install(Metrics::builder()),
    contestants: CONTESTANTS,
    rows: &[Row::new(
        "metrics and open work on: added to a bare message",
        TRACED,
        BARE,
        Measure::AddedNs,
        None,
    )],
};

pub(crate) const UNLISTED: Set = Set {
    name: "metrics-without-open-work",
    world: || install(Metrics::builder().most_handlings(0).most_asks(0)),
    contestants: CONTESTANTS,
    rows: &[Row::new(
        "metrics on, no open work: added to a bare message",
        TRACED,
        BARE,
        Measure::AddedNs,
        None,
    )],
};

pub(crate) const SOME: Set = Set {
    name: "metrics-of-some",
    world: || install(Metrics::builder().time_one_in(8)),
    contestants: CONTESTANTS,
    rows: &[Row::new(
        "metrics on, one in 8 timed: added to a bare message",
        TRACED,
        BARE,
        Measure::AddedNs,
        None,
    )],
};

fn install(metrics: MetricsBuilder) {
    provider::install();
    metrics.install().expect("nothing else observes");
}

#[allow(dead_code, reason = "a part of the program is needed")]
mod bare {
    use tokio::sync::mpsc;
    include!("../budgets/programs/plain.rs");
}

#[allow(dead_code, reason = "a part of the program is needed")]
mod traced {
    use traced_actor::sync::mpsc;
    include!("../budgets/programs/traced.rs");
}
