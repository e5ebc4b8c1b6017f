//! The cost of a message through an actor of actix: plain, with the adapter, and with `tracing` by hand.

use traced_actor_benches::{Measure, Row, Set};

use crate::programs::actix::{bare, by_hand, traced};
use crate::programs::provider::{ROOM, flush};
use crate::programs::{Parent, subscriber};

const BARE: &str = "actix";
const TRACED: &str = "actix, traced-actor";
const BY_HAND: &str = "actix, tracing-opentelemetry by hand";

/// The programs with actix, unsampled.
pub(crate) const UNSAMPLED: Set = Set {
    name: "actix, unsampled",
    world: subscriber::install_off,
    contestants: &[
        (BARE, || bare::contestant(Parent::Unsampled)),
        (TRACED, || traced::contestant(Parent::Unsampled)),
        (BY_HAND, || by_hand::contestant(Parent::Unsampled)),
    ],
    rows: &[
        Row::new("actix, unsampled message", TRACED, BARE, Measure::AddedNs, Some(10.0)),
        Row::new("actix, unsampled message: allocations", TRACED, BARE, Measure::AddedAllocations, Some(0.0)),
        Row::new(
            "actix, unsampled message: what tracing-opentelemetry adds",
            TRACED,
            BY_HAND,
            Measure::TimesCheaperInAdded(BARE),
            Some(5.0),
        ),
    ],
};

/// Every message has a span.
pub(crate) const SAMPLED: Set = Set {
    name: "actix, sampled",
    world: subscriber::install_on,
    contestants: &[
        (BARE, || bare::contestant(Parent::Sampled)),
        (TRACED, || traced::contestant(Parent::Sampled).emptied(ROOM as u64, flush)),
        (BY_HAND, || by_hand::contestant(Parent::Sampled).emptied(ROOM as u64, flush)),
    ],
    rows: &[
        Row::new("actix, sampled message, provider", TRACED, BY_HAND, Measure::Ratio, Some(1.0)),
        Row::new("actix, sampled message, provider: what it adds", TRACED, BARE, Measure::AddedNs, None),
    ],
};
