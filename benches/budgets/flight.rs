//! The cost of a message that a flight recorder records: on the handling thread, and on all threads.

use std::time::Duration;

use traced_actor_benches::{Contestant, Measure, Prepare, Row, Set, counted, process_time};

use crate::programs::provider::{self, ROOM};
use crate::programs::{
    Parent, bare, flight, opentelemetry, sizes, traced, traced_no_fields, traced_ten_fields,
};

const BARE: &str = "bare";
const FLIGHT: &str = "traced-actor, flight";
const FLIGHT_NO_FIELDS: &str = "traced-actor, flight, no fields";
const FLIGHT_TEN_FIELDS: &str = "traced-actor, flight, 10 fields";
const BY_HAND: &str = "OpenTelemetry by hand";
const BARE_ALL: &str = "bare, all threads";
const FLIGHT_ALL: &str = "traced-actor, flight, all threads";
const BY_HAND_ALL: &str = "OpenTelemetry by hand, all threads";

/// Every message is recorded and nothing is exported, which is the normal state.
pub(crate) const RECORDED: Set = Set {
    name: "flight, recorded",
    world: flight::install_recording,
    contestants: &[
        (BARE, || bare::contestant()),
        (FLIGHT, || in_flight(Parent::Unsampled)),
        (FLIGHT_NO_FIELDS, || flushed(traced_no_fields::contestant(Parent::Unsampled))),
        (FLIGHT_TEN_FIELDS, || flushed(traced_ten_fields::contestant(Parent::Unsampled))),
    ],
    rows: &[
        Row::new("message in flight, 3 fields", FLIGHT, BARE, Measure::AddedNs, Some(120.0)),
        Row::new("message in flight, 3 fields: allocations", FLIGHT, BARE, Measure::AddedAllocations, None),
        Row::new("message in flight, no fields", FLIGHT_NO_FIELDS, BARE, Measure::AddedNs, None),
        Row::new("message in flight, 10 fields", FLIGHT_TEN_FIELDS, BARE, Measure::AddedNs, None),
    ],
};

/// Every message is recorded, in programs with messages of other sizes. For another allocator, preload it: `LD_PRELOAD=…/libmimalloc.so cargo bench …`.
pub(crate) const SIZES: Set = Set {
    name: "flight, sizes",
    world: flight::install_recording,
    contestants: &[
        (BARE_16, || sizes::of_16::bare::contestant()),
        (FLIGHT_16, || flushed(sizes::of_16::traced::contestant(Parent::Unsampled))),
        (BARE_64, || sizes::of_64::bare::contestant()),
        (FLIGHT_64, || flushed(sizes::of_64::traced::contestant(Parent::Unsampled))),
        (BARE_256, || sizes::of_256::bare::contestant()),
        (FLIGHT_256, || flushed(sizes::of_256::traced::contestant(Parent::Unsampled))),
    ],
    rows: &[
        Row::new("message of 16 bytes in flight", FLIGHT_16, BARE_16, Measure::AddedNs, Some(120.0)),
        Row::new("message of 64 bytes in flight", FLIGHT_64, BARE_64, Measure::AddedNs, Some(120.0)),
        Row::new("message of 256 bytes in flight", FLIGHT_256, BARE_256, Measure::AddedNs, Some(120.0)),
    ],
};

const BARE_16: &str = "bare, 16 bytes";
const FLIGHT_16: &str = "traced-actor, flight, 16 bytes";
const BARE_64: &str = "bare, 64 bytes";
const FLIGHT_64: &str = "traced-actor, flight, 64 bytes";
const BARE_256: &str = "bare, 256 bytes";
const FLIGHT_256: &str = "traced-actor, flight, 256 bytes";

/// The memory of a message: its bytes, multiplied by the rate of messages, are the memory of a second of history.
pub(crate) const HISTORY: Set = Set {
    name: "flight, memory",
    world: flight::install_small,
    contestants: &[(BYTES, || bytes_of_a_message())],
    rows: &[Row::new("message in flight, 3 fields: bytes", BYTES, BYTES, Measure::Count, None)],
};

const BYTES: &str = "bytes in the ring";

/// Every message is sampled and encoded as OTLP. The program by hand makes spans of the SDK, whose encoding is not
/// included.
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
    flushed(traced::contestant(parent))
}

fn flushed(contestant: Contestant) -> Contestant {
    contestant.emptied(ROOM as u64, flight::flush)
}

/// Counts the overwritten bytes for each message, once the ring is full.
fn bytes_of_a_message() -> Contestant {
    const RUNS: u64 = 64;
    let Contestant::Timed { mut run, mut after, .. } = in_flight(Parent::Unsampled) else {
        unreachable!("it is timed")
    };
    let mut run_all = || {
        for _ in 0..RUNS {
            run(ROOM as u64);
            after();
        }
        flight::overwritten()
    };
    let before = run_all();
    #[expect(clippy::cast_precision_loss, reason = "a number of bytes")]
    counted((run_all() - before) as f64 / (RUNS * ROOM as u64) as f64)
}

fn by_hand() -> Contestant {
    opentelemetry::contestant(Parent::Sampled).emptied(ROOM as u64, provider::flush)
}

/// Measures the CPU time of all threads, including the one that empties the queue, in nanoseconds a message.
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
