//! The environment of a contestant.

use traced_actor_benches::Contestant;
use tracing::dispatcher::{Dispatch, with_default};

use crate::provider::{ROOM, flush};

/// Returns a contestant whose program has no subscriber of `tracing`, though the process has one for another contestant.
pub(crate) fn untraced(contestant: Contestant) -> Contestant {
    match contestant {
        Contestant::Timed { mut run, after, most } => {
            let run = Box::new(move |times| with_default(&Dispatch::none(), || run(times)));
            Contestant::Timed { run, after, most }
        }
        counted @ Contestant::Counted(_) => counted,
    }
}

/// Returns a contestant whose spans are exported between two runs.
pub(crate) fn recorded(contestant: Contestant) -> Contestant {
    contestant.emptied(ROOM as u64, flush)
}
