//! A call: a message with a reply channel, and the reply. And a message to an actor that the library runs.

use traced_actor_benches::{Measure, Row, Set};

use crate::programs::{Parent, bare, bare_calls, provider, spawned, traced_calls, wrapped};

const RAW: &str = "raw mpsc and oneshot";
const TRACED: &str = "traced-actor";
const WRAPPED: &str = "raw, eight bytes more and two ways";
const RAW_TIMEOUT: &str = "loop by hand, oneshot and timeout";
const CALL: &str = "ActorRef::call";

pub(crate) const CALLS: Set = Set {
    name: "call",
    world: provider::install,
    contestants: &[
        (RAW, || bare_calls::calls()),
        (TRACED, || traced_calls::calls(Parent::Unsampled)),
        (WRAPPED, || wrapped::calls()),
        (RAW_TIMEOUT, || spawned::bare_calls()),
        (CALL, || spawned::traced_calls()),
    ],
    rows: &[
        Row::new("call round trip, unsampled", TRACED, RAW, Measure::AddedNs, Some(8.0)),
        Row::new(
            "call round trip: eight bytes more, a handler in two ways, and no crate",
            WRAPPED,
            RAW,
            Measure::AddedNs,
            None,
        ),
        Row::new("call round trip: allocations", TRACED, RAW, Measure::AddedAllocations, Some(0.0)),
        Row::new("call round trip by ActorRef::call", CALL, RAW_TIMEOUT, Measure::AddedNs, Some(8.0)),
    ],
};

const SPAWN: &str = "spawn";
const BY_HAND: &str = "loop by hand";
const PLAIN: &str = "bare";

pub(crate) const SPAWNED: Set = Set {
    name: "spawn",
    world: provider::install,
    contestants: &[
        (BY_HAND, || spawned::bare()),
        (SPAWN, || spawned::traced()),
        (PLAIN, || bare::contestant()),
    ],
    rows: &[
        Row::new("message through `spawn` and an `Envelope`", SPAWN, BY_HAND, Measure::AddedNs, Some(6.0)),
        Row::new(
            "message through `spawn`: allocations",
            SPAWN,
            BY_HAND,
            Measure::AddedAllocations,
            Some(0.0),
        ),
        Row::new("message through `spawn`: beside a loop without stop", SPAWN, PLAIN, Measure::AddedNs, None),
    ],
};
