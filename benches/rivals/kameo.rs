//! kameo with its feature `console`: counts of each kind, and the handler that runs.

use traced_actor_benches::{Contestant, Measure, Row, Set, timed};

use crate::ours::{self, BARE, OURS};
use crate::work::{CAPACITY, Parent, Text, runtime, stored, text};
use guild::{order, start};

// The code of the budgets, so that only the console makes a difference.
#[path = "../budgets/programs/kameo_guild.rs"]
mod guild;

const KAMEO: &str = "kameo with its console";

/// kameo with its console, beside ours. Its console adds the difference to kameo without it, which is in
/// `cargo bench -p traced-actor-bench-frameworks -- kameo`.
pub(crate) const CONSOLE: Set = Set {
    name: "kameo's console",
    world: ours::world,
    contestants: &[
        (BARE, || ours::bare::contestant()),
        (OURS, || ours::traced::contestant(Parent::Unsampled)),
        (KAMEO, || contestant()),
    ],
    rows: &[
        Row::new("kameo with its console: added to a bare message", KAMEO, BARE, Measure::AddedNs, None),
        Row::new("kameo with its console: a message in total", KAMEO, KAMEO, Measure::Ns, None),
        Row::new(
            "kameo with its console: what it adds, beside ours",
            OURS,
            KAMEO,
            Measure::TimesCheaperInAdded(BARE),
            None,
        ),
    ],
};

fn contestant() -> Contestant {
    let (runtime, guild) = start();
    timed(move |posts| {
        runtime.block_on(order(&guild, posts));
    })
}
