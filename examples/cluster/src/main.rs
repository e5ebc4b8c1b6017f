//! The guild on three nodes of `ractor_cluster`: `cargo run -p traced-actor-example-cluster`.
//!
//! ```text
//!   events.jsonl ─► gateway node ─► guild node ─► session node: 100 sessions
//! ```
//!
//! Each node is a process of its own. The log of the guild example goes through them; in the middle the session node is killed
//! and started again. The program collects the nodes' spans and prints some traces as waterfalls, each from three processes. The
//! story and the report are in `examples/shared`, for all frameworks; here are the actors and the nodes.

mod gateway;
mod guild;
mod session;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorRef, call, pg};
use ractor_cluster::{NodeServer, NodeServerMessage, client_connect};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::spawn_blocking;
use traced_actor_example_shared::node::{Node, SESSIONS, until_told_to_end};
use traced_actor_example_shared::story;

use crate::gateway::Gateway;
use crate::guild::Guild;
use crate::session::Session;

type Failure = Box<dyn Error + Send + Sync>;
type Done = Result<(), Failure>;

/// Beyond it an answer is none.
const TIMEOUT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, port] = arguments.as_slice() else { return story::play() };
    match run(role, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{role}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(role: &str, port: &str) -> Done {
    let node = Node::start()?;
    let port = port.parse()?;
    match role {
        "guild" => guild(&node, port).await?,
        "session" => session(&node, port).await?,
        "gateway" => gateway(&node, port).await?,
        _ => return Err("no such role".into()),
    }
    node.flush();
    Ok(())
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
    node.say("ready");
    spawn_blocking(until_told_to_end).await?;
    let (sent, seen) = guild::deliveries(&guild).await?;
    node.figure("sent", sent);
    node.figure("seen", seen);
    Ok(())
}

async fn session(node: &Node, port: u16) -> Done {
    for _ in 0..SESSIONS {
        Actor::spawn(None, Session, ()).await?;
    }
    // The name is that of this run: to its peers a node that was started again is another one.
    let server = server(&format!("session-{}", std::process::id()), 0).await?;
    client_connect(&server, ("127.0.0.1", port)).await?;
    node.say("ready");
    spawn_blocking(until_told_to_end).await?;
    Ok(())
}

async fn gateway(node: &Node, port: u16) -> Done {
    let server = server("gateway", 0).await?;
    client_connect(&server, ("127.0.0.1", port)).await?;
    let guild = member(guild::GROUP).await?;
    let (gateway, _) = Actor::spawn(None, Gateway, guild.into()).await?;
    node.say("ready");
    let (mut handled, mut malformed) = (0, 0);
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(json) = lines.next_line().await? {
        let line = handled + 1;
        let is_event = call!(gateway, |reply| gateway::Message::Dispatch { line, json, reply })?;
        malformed += u64::from(!is_event);
        handled = line;
        node.say(format!("handled {handled}"));
    }
    node.figure("lines", handled);
    node.figure("malformed", malformed);
    Ok(())
}

/// Waits until another node's member of the group is known here.
async fn member(group: &str) -> Result<ActorCell, Failure> {
    let known = async {
        loop {
            if let Some(member) = pg::get_members(&group.to_owned()).pop() {
                return member;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    Ok(tokio::time::timeout(TIMEOUT, known).await?)
}
