//! hotpath's channels, which count messages and measure their waits, compared with ours.

use traced_actor_benches::{Measure, Row, Set};

use crate::provider;
use crate::work::{CAPACITY, Parent, Text, arrived, runtime, start, stored, text};

const BARE: &str = "bare";
const TRACED: &str = "traced-actor";
const HOTPATH: &str = "hotpath";

/// hotpath has no traces and no sampling, so it measures each message.
pub(crate) const CHANNELS: Set = Set {
    name: "hotpath",
    world: || {
        provider::install();
        // It measures until it is dropped, and prints a report then.
        std::mem::forget(::hotpath::HotpathGuardBuilder::new("frameworks").build());
    },
    contestants: &[
        (BARE, || bare::contestant()),
        (TRACED, || traced::contestant(Parent::Unsampled)),
        (HOTPATH, || measured::contestant()),
    ],
    rows: &[
        Row::new("hotpath: a message through its channel", HOTPATH, BARE, Measure::AddedNs, None),
        Row::new(
            "hotpath: what it adds, beside an unsampled message",
            TRACED,
            HOTPATH,
            Measure::TimesCheaperInAdded(BARE),
            None,
        ),
    ],
};

/// tokio's channel with hotpath's wrapper around both ends.
mod wrapped {
    pub(super) use hotpath::wrap::tokio::sync::mpsc::{Receiver, Sender};

    pub(super) fn channel<T: Send + 'static>(capacity: usize) -> (Sender<T>, Receiver<T>) {
        hotpath::channel!(tokio::sync::mpsc::channel::<T>(capacity))
    }
}

#[allow(dead_code, reason = "a part of the program is needed")]
mod bare {
    use tokio::sync::mpsc;
    include!("../budgets/programs/plain.rs");
}

#[allow(dead_code, reason = "a part of the program is needed")]
mod measured {
    use super::wrapped as mpsc;
    include!("../budgets/programs/plain.rs");
}

#[allow(dead_code, reason = "a part of the program is needed")]
mod traced {
    use traced_actor::sync::mpsc;
    include!("../budgets/programs/traced.rs");
}
