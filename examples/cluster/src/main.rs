//! The guild on three nodes of `ractor_cluster`: `cargo run -p traced-actor-example-cluster`.
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

use std::process::ExitCode;

use ractor::{Actor, ActorRef, call, pg};
use ractor_cluster::{NodeServer, NodeServerMessage, client_connect};
use traced_actor_example_shared::node::{Node, SESSIONS};
use traced_actor_example_shared::program::{self, Done, Failure, in_sight};

use crate::gateway::Gateway;
use crate::guild::Guild;
use crate::session::Session;

fn main() -> ExitCode {
    program::run(guild, session, gateway)
}

/// Starts this process's part of the cluster, at a port of the loopback interface.
async fn server(name: &str, port: u16) -> Result<ActorRef<NodeServerMessage>, Failure> {
    let server = NodeServer::new(port, "cookie".into(), name.into(), "localhost".into(), None, None)
        .with_listen_addr([127, 0, 0, 1].into());
    Ok(Actor::spawn(None, server, ()).await?.0)
}

async fn guild(node: &Node, port: u16) -> Done {
    server("guild", port).await?;
    let (guild, _) = Actor::spawn(None, Guild, node.clone()).await?;
    program::guild(node, async || guild::deliveries(&guild).await).await
}

async fn session(node: &Node, port: u16) -> Done {
    for _ in 0..SESSIONS {
        Actor::spawn(None, Session, ()).await?;
    }
    // The name is unique to this run: to its peers, a restarted node is another node.
    let server = server(&format!("session-{}", std::process::id()), 0).await?;
    client_connect(&server, ("127.0.0.1", port)).await?;
    program::session(node).await
}

async fn gateway(node: &Node, port: u16) -> Done {
    let server = server("gateway", 0).await?;
    client_connect(&server, ("127.0.0.1", port)).await?;
    let guild = in_sight(async || pg::get_members(&guild::GROUP.to_owned()).pop()).await?;
    let (gateway, _) = Actor::spawn(None, Gateway, guild.into()).await?;
    program::gateway(node, async |line, json| {
        Ok(call!(gateway, |reply| gateway::Message::Dispatch { line, json, reply })?)
    })
    .await
}
