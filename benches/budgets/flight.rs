//! What a message costs that a flight recorder records: in the handling thread, and in all threads.

use std::time::Duration;

use traced_actor_benches::{Contestant, Measure, Prepare, Row, Set, counted, process_time};

use crate::programs::provider::{self, ROOM};
use crate::programs::{Parent, bare, flight, opentelemetry, traced};

const BARE: &str = "bare";
const FLIGHT: &str = "traced-actor, flight";
const BY_HAND: &str = "OpenTelemetry by hand";
const BARE_ALL: &str = "bare, all threads";
const FLIGHT_ALL: &str = "traced-actor, flight, all threads";
const BY_HAND_ALL: &str = "OpenTelemetry by hand, all threads";

/// Every message is recorded, and nothing is exported: that is what runs all the time.
pub(crate) const RECORDED: Set = Set {
    name: "flight, recorded",
    world: flight::install_recording,
    contestants: &[(BARE, || bare::contestant()), (FLIGHT, || in_flight(Parent::Unsampled))],
    rows: &[
        Row::new("message in flight, 3 fields", FLIGHT, BARE, Measure::AddedNs, Some(120.0)),
        Row::new("message in flight, 3 fields: allocations", FLIGHT, BARE, Measure::AddedAllocations, None),
    ],
};

/// Every message is sampled, and becomes OTLP's bytes. What is written by hand becomes spans of the SDK, whose encoding is still to come.
pub(crate) const OTLP: Set = Set {
    name: "flight, OTLP",
    world: flight::install_otlp,
    contestants: CONTESTANTS,
    rows: &[
        Row::new("sampled message, flight to OTLP bytes", FLIGHT, BY_HAND, Measure::Ratio, Some(0.5)),
        Row::new(
            "sampled message, flight to OTLP bytes: all threads",
            FLIGHT_ALL,
            BY_HAND_ALL,
            Measure::Ratio,
            Some(0.4),
        ),
        Row::new(
            "sampled message, flight to OTLP bytes: what it adds",
            FLIGHT_ALL,
            BARE_ALL,
            Measure::AddedNs,
            None,
        ),
    ],
};

/// Every message is sampled, and becomes a span of the SDK.
pub(crate) const SPANS: Set = Set {
    name: "flight, spans",
    world: flight::install_spans,
    contestants: CONTESTANTS,
    rows: &[
        Row::new("sampled message, flight to the SDK's spans", FLIGHT, BY_HAND, Measure::Ratio, Some(0.5)),
        Row::new(
            "sampled message, flight to the SDK's spans: all threads",
            FLIGHT_ALL,
            BY_HAND_ALL,
            Measure::Ratio,
            None,
        ),
    ],
};

const CONTESTANTS: &[(&str, Prepare)] = &[
    (BARE, || bare::contestant()),
    (FLIGHT, || in_flight(Parent::Sampled)),
    (BY_HAND, by_hand),
    (BARE_ALL, || all_threads(bare::contestant())),
    (FLIGHT_ALL, || all_threads(in_flight(Parent::Sampled))),
    (BY_HAND_ALL, || all_threads(by_hand())),
];

fn in_flight(parent: Parent) -> Contestant {
    traced::contestant(parent).emptied(ROOM as u64, flight::flush)
}

fn by_hand() -> Contestant {
    opentelemetry::contestant(Parent::Sampled).emptied(ROOM as u64, provider::flush)
}

/// Measures the CPU time of all threads, that of what empties the queue included, in nanoseconds a message.
fn all_threads(contestant: Contestant) -> Contestant {
    const RUNS: u64 = 50;
    let Contestant::Timed { mut run, mut after, most } = contestant else { return contestant };
    let repetitions = most.min(ROOM as u64);
    let mut once = || {
        run(repetitions);
        after();
    };
    once();
    let start: Duration = process_time();
    (0..RUNS).for_each(|_| once());
    let took = process_time().saturating_sub(start);
    #[expect(clippy::cast_precision_loss, reason = "a time")]
    let messages = (RUNS * repetitions) as f64;
    counted(took.as_secs_f64() * 1e9 / messages)
}
