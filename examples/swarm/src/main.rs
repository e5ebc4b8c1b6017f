//! The guild on three nodes of kameo's swarm, over libp2p: `cargo run -p traced-actor-example-swarm`.
//!
//! ```text
//!   events.jsonl ─► gateway node ─► guild node ─► session node: 100 sessions
//! ```
//!
//! Each node is a separate process. The log of the guild example goes through them; in the middle, the session node is killed
//! and restarted. The program collects the nodes' spans and prints some traces as waterfalls, each from three processes. The
//! story and the report are in `examples/shared`, for all frameworks; here are the actors and the nodes.

mod gateway;
mod guild;
mod session;
// The swarm over TCP is shared with the tests of nodes.
#[allow(unreachable_pub, reason = "it is public where it comes from")]
#[path = "../../../crates/kameo/remote/src/swarm.rs"]
mod swarm;

use std::process::ExitCode;

use kameo::actor::{ActorRef, RemoteActorRef, Spawn};
use traced_actor_example_shared::node::{Node, SESSIONS};
use traced_actor_example_shared::program::{self, Done, Failure, in_sight};

use crate::gateway::{Dispatch, Gateway};
use crate::guild::{Guild, Here};
use crate::session::Session;

fn main() -> ExitCode {
    program::run(guild, session, gateway)
}

async fn guild(node: &Node, port: u16) -> Done {
    swarm::join(Some(port), None).await;
    let guild = Guild::spawn(Guild::new(node.clone()));
    guild.register(guild::NAME).await?;
    program::guild(node, async || guild::deliveries(&guild).await).await
}

async fn session(node: &Node, port: u16) -> Done {
    swarm::join(None, Some(port)).await;
    // The actors run as long as there is a reference to them.
    let running: Vec<ActorRef<Session>> = (0..SESSIONS).map(|_| Session::spawn(Session::default())).collect();
    let mut sessions = Vec::new();
    for session in &running {
        sessions.push(session.into_remote_ref().await);
    }
    guild_in_sight().await?.ask(&Here { sessions }).await?;
    program::session(node).await?;
    drop(running);
    Ok(())
}

async fn gateway(node: &Node, port: u16) -> Done {
    swarm::join(None, Some(port)).await;
    let gateway = Gateway::spawn(Gateway(guild_in_sight().await?));
    program::gateway(node, async |line, json| Ok(gateway.ask(Dispatch { line, json }).await?)).await
}

/// Waits until the guild is known here.
async fn guild_in_sight() -> Result<RemoteActorRef<Guild>, Failure> {
    in_sight(async || RemoteActorRef::lookup(guild::NAME).await.ok().flatten()).await
}
