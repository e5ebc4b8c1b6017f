//! The cost of a message on its way through a bounded mailbox, a receive loop and a handler.

use traced_actor_benches::{Contestant, Measure, Row, Set};

use crate::programs::provider::{ROOM, flush};
use crate::programs::{
    Parent, bare, bare_inline, direct, fastrace, floor, floor_handled, floor_inline, kameo, opentelemetry,
    padded, provider, ractor, spanned_handled, spanned_inline, subscriber, traced, traced_inline, tracing,
    wrapped,
};

const TRACED: &str = "traced-actor";
const BARE: &str = "bare";
const BARE_INLINE: &str = "bare, inline";
const FLOOR: &str = "bare, an envelope";
const FLOOR_INLINE: &str = "bare, an envelope, inline";
const SPANNED: &str = "bare, a span by hand";
const SPANNED_INLINE: &str = "bare, a span by hand, inline";
const INLINE: &str = "traced-actor, inline";
const PADDED: &str = "bare, eight bytes more";
const WRAPPED: &str = "bare, eight bytes more and two ways";
const BY_HAND: &str = "OpenTelemetry by hand";
const TRACING: &str = "tracing-opentelemetry by hand";
const FASTRACE: &str = "fastrace";
const SPANS: &str = "finished spans";
const PROVIDED: &str = "spans of a provider";
const RACTOR: &str = "ractor";
const KAMEO: &str = "kameo";

/// The unsampled programs, by the decision of the first sender.
pub(crate) const UNSAMPLED: Set = Set {
    name: "unsampled",
    world: provider::install,
    contestants: &[
        (BARE, || bare::contestant()),
        (PADDED, || padded::contestant()),
        (WRAPPED, || wrapped::contestant()),
        (FLOOR, || floor_handled::contestant()),
        (TRACED, || traced::contestant(Parent::Unsampled)),
        (BARE_INLINE, || bare_inline::contestant()),
        (FLOOR_INLINE, || floor_inline::contestant()),
        (INLINE, || traced_inline::contestant(Parent::Unsampled)),
        (BY_HAND, || opentelemetry::contestant(Parent::Unsampled)),
    ],
    rows: &[
        Row::new("unsampled message, inline", INLINE, BARE_INLINE, Measure::AddedNs, Some(2.0)),
        Row::new(
            "unsampled message, inline: an envelope with a drop, and no state",
            FLOOR_INLINE,
            BARE_INLINE,
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "unsampled message, inline: beside that envelope",
            INLINE,
            FLOOR_INLINE,
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "unsampled message, inline: allocations",
            INLINE,
            BARE_INLINE,
            Measure::AddedAllocations,
            Some(0.0),
        ),
        Row::new("unsampled message", TRACED, BARE, Measure::AddedNs, Some(8.0)),
        Row::new(
            "unsampled message: an envelope with a drop, and no state",
            FLOOR,
            BARE,
            Measure::AddedNs,
            None,
        ),
        Row::new("unsampled message: beside that envelope", TRACED, FLOOR, Measure::AddedNs, None),
        Row::new("unsampled message: eight bytes more, and no crate", PADDED, BARE, Measure::AddedNs, None),
        Row::new(
            "unsampled message: eight bytes more, a handler in two ways, and no crate",
            WRAPPED,
            BARE,
            Measure::AddedNs,
            None,
        ),
        Row::new("unsampled message: allocations", TRACED, BARE, Measure::AddedAllocations, Some(0.0)),
        Row::new(
            "unsampled message: what OpenTelemetry by hand adds",
            TRACED,
            BY_HAND,
            Measure::TimesCheaperInAdded(BARE),
            Some(75.0),
        ),
    ],
};

/// The same comparison with frameworks that trace by themselves, and with other libraries, switched off by sampling.
pub(crate) const PEERS: Set = Set {
    name: "unsampled peers",
    world: || {
        subscriber::install_off();
        fastrace::install();
    },
    contestants: &[
        (BARE, || bare::contestant()),
        (TRACED, || traced::contestant(Parent::Unsampled)),
        (RACTOR, || ractor::contestant()),
        (KAMEO, || kameo::contestant()),
        (TRACING, || tracing::contestant()),
        (FASTRACE, || fastrace::contestant(Parent::Unsampled)),
    ],
    rows: &[
        Row::new("unsampled message: kameo in total", TRACED, KAMEO, Measure::TimesCheaper, Some(10.0)),
        Row::new("unsampled message: ractor in total", TRACED, RACTOR, Measure::TimesCheaper, Some(10.0)),
        // The upper limit: the ratio if tracing added nothing.
        Row::new("bare message: kameo in total", BARE, KAMEO, Measure::TimesCheaper, None),
        Row::new("bare message: ractor in total", BARE, RACTOR, Measure::TimesCheaper, None),
        Row::new(
            "unsampled message: what tracing-opentelemetry adds",
            TRACED,
            TRACING,
            Measure::TimesCheaperInAdded(BARE),
            None,
        ),
        Row::new(
            "unsampled message: what fastrace adds",
            TRACED,
            FASTRACE,
            Measure::TimesCheaperInAdded(BARE),
            None,
        ),
    ],
};

/// Every message has a span with eight attributes of the library and three of the message.
pub(crate) const SAMPLED: Set = Set {
    name: "sampled",
    world: || {
        subscriber::install_on();
        fastrace::install();
    },
    contestants: &[
        (BARE, || bare::contestant()),
        (TRACED, || recorded(traced::contestant(Parent::Sampled))),
        (BY_HAND, || recorded(opentelemetry::contestant(Parent::Sampled))),
        (TRACING, || recorded(tracing::contestant())),
        (FASTRACE, || recorded(fastrace::contestant(Parent::Sampled))),
        (PROVIDED, || floor::provided()),
    ],
    rows: &[
        Row::new("sampled message, provider", TRACED, BY_HAND, Measure::Ratio, Some(1.0)),
        Row::new("sampled message, provider: what it adds", TRACED, BARE, Measure::AddedNs, None),
        Row::new("sampled message, provider: allocations", TRACED, BY_HAND, Measure::AddedAllocations, None),
        Row::new("sampled message, provider: tracing-opentelemetry", TRACED, TRACING, Measure::Ratio, None),
        Row::new("sampled message, provider: fastrace", TRACED, FASTRACE, Measure::Ratio, None),
        // The least cost of any design with a provider.
        Row::new("sampled message: a span and the provider alone", PROVIDED, PROVIDED, Measure::Ns, None),
    ],
};

/// The same, with the spans of `traced-actor` sent directly to the processor.
pub(crate) const DIRECT: Set = Set {
    name: "sampled, direct",
    world: direct::install,
    contestants: &[
        (BARE, || bare::contestant()),
        (TRACED, || recorded(traced::contestant(Parent::Sampled))),
        (BY_HAND, || recorded(opentelemetry::contestant(Parent::Sampled))),
        (SPANS, || floor::spans()),
    ],
    rows: &[
        Row::new(
            "sampled message, direct processor, 3 attributes",
            TRACED,
            BY_HAND,
            Measure::Ratio,
            Some(0.5),
        ),
        Row::new("sampled message, direct: what it adds", TRACED, BARE, Measure::AddedNs, None),
        Row::new("sampled message, direct: allocations", TRACED, BY_HAND, Measure::AddedAllocations, None),
        // The least cost of any of them.
        Row::new("sampled message: a finished span and its processor alone", SPANS, SPANS, Measure::Ns, None),
    ],
};

/// Sampled messages, with a recorder that does nothing.
pub(crate) const UNRECORDED: Set = Set {
    name: "sampled, no recording",
    world: floor::install,
    contestants: &[
        (BARE, || bare::contestant()),
        (TRACED, || traced::contestant(Parent::Sampled)),
        (SPANNED, || spanned_handled::contestant()),
        (BARE_INLINE, || bare_inline::contestant()),
        (INLINE, || traced_inline::contestant(Parent::Sampled)),
        (SPANNED_INLINE, || spanned_inline::contestant()),
    ],
    rows: &[
        Row::new(
            "sampled message, a recorder that does nothing",
            TRACED,
            BARE,
            Measure::AddedNs,
            Some(150.0),
        ),
        Row::new(
            "sampled message, a recorder that does nothing, inline",
            INLINE,
            BARE_INLINE,
            Measure::AddedNs,
            Some(150.0),
        ),
        Row::new(
            "sampled message, a recorder that does nothing: allocations",
            TRACED,
            BARE,
            Measure::AddedAllocations,
            None,
        ),
        // The least cost of a span, without a flow.
        Row::new("sampled message: a span by hand, and no flow", SPANNED, BARE, Measure::AddedNs, None),
        Row::new(
            "sampled message: a span by hand, and no flow, inline",
            SPANNED_INLINE,
            BARE_INLINE,
            Measure::AddedNs,
            None,
        ),
        Row::new("sampled message: beside that span", TRACED, SPANNED, Measure::AddedNs, None),
    ],
};

/// The same, with a recorder that has its own clock. Three readings of the system's clock are more than half of the
/// budget.
pub(crate) const UNRECORDED_TICKING: Set = Set {
    name: "sampled, no recording, the processor's counter",
    world: floor::install_ticking,
    contestants: UNRECORDED.contestants,
    rows: &[
        Row::new(
            "sampled message, a recorder that does nothing and has a clock",
            TRACED,
            BARE,
            Measure::AddedNs,
            Some(150.0),
        ),
        Row::new(
            "sampled message, a recorder that does nothing and has a clock, inline",
            INLINE,
            BARE_INLINE,
            Measure::AddedNs,
            Some(150.0),
        ),
    ],
};

fn recorded(contestant: Contestant) -> Contestant {
    contestant.emptied(ROOM as u64, flush)
}
