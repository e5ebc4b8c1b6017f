//! The cost of polling a flow that is idle, or that waits in the middle of a message.

use traced_actor_benches::{Measure, Row, Set};

use crate::programs::{bare_idle, floor, polled, provider, traced_idle, waiting};

const BARE: &str = "bare loop";
const TRACED: &str = "flow";

pub(crate) const IDLE: Set = Set {
    name: "flow, idle",
    world: provider::install,
    contestants: &[(BARE, || polled(bare_idle::idle())), (TRACED, || polled(traced_idle::idle()))],
    rows: &[Row::new("poll of an idle flow", TRACED, BARE, Measure::AddedNs, Some(5.0))],
};

const BARE_INLINE: &str = "bare loop, inline work";
const BARE_HANDLED: &str = "bare loop, a handler";
const INLINE: &str = "flow, inline work";
const HANDLED: &str = "flow, a handler";

/// The message is sampled, so a span is open.
pub(crate) const OPEN: Set = Set {
    name: "flow, open span",
    world: floor::install,
    contestants: WAITING,
    rows: &[
        Row::new(
            "poll of a flow with an open span, inline",
            INLINE,
            BARE_INLINE,
            Measure::AddedNs,
            Some(10.0),
        ),
        Row::new(
            "poll of a flow with an open span, in a handler",
            HANDLED,
            BARE_HANDLED,
            Measure::AddedNs,
            Some(10.0),
        ),
    ],
};

/// The same, with a span that is OpenTelemetry's current span during each poll.
pub(crate) const CURRENT: Set = Set {
    name: "flow, open span of a provider",
    world: provider::install,
    contestants: WAITING,
    rows: &[
        Row::new(
            "poll of a flow with a provider's span, inline",
            INLINE,
            BARE_INLINE,
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "poll of a flow with a provider's span, in a handler",
            HANDLED,
            BARE_HANDLED,
            Measure::AddedNs,
            None,
        ),
    ],
};

const WAITING: &[(&str, traced_actor_benches::Prepare)] = &[
    (BARE_INLINE, || waiting::bare_inline()),
    (BARE_HANDLED, || waiting::bare_handled()),
    (INLINE, || waiting::traced_inline()),
    (HANDLED, || waiting::traced_handled()),
];
