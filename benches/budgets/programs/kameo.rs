//! The guild as an actor of kameo, with kameo's own tracing: each message has a span, linked to its sender's.

use traced_actor_benches::{Contestant, timed};
use tracing::{Instrument as _, info_span};

use super::kameo_guild::{order, start};

pub(crate) fn contestant() -> Contestant {
    let (runtime, guild) = start();
    timed(move |posts| {
        runtime.block_on(order(&guild, posts).instrument(info_span!("Gateway/Order")));
    })
}
