//! The guild on three nodes of kameo's swarm, over libp2p: `cargo run -p traced-actor-example-swarm`.
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
// The swarm over TCP is that of the tests with nodes.
#[allow(unreachable_pub, reason = "it is public where it comes from")]
#[path = "../../../crates/kameo/remote/src/swarm.rs"]
mod swarm;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use kameo::actor::{ActorRef, RemoteActorRef, Spawn};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::spawn_blocking;
use traced_actor_example_shared::node::{Node, SESSIONS, until_told_to_end};
use traced_actor_example_shared::story;

use crate::gateway::{Dispatch, Gateway};
use crate::guild::{Guild, Here};
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

async fn guild(node: &Node, port: u16) -> Done {
    swarm::join(Some(port), None).await;
    let guild = Guild::spawn(Guild::new(node.clone()));
    guild.register(guild::NAME).await?;
    node.say("ready");
    spawn_blocking(until_told_to_end).await?;
    let (sent, seen) = guild::deliveries(&guild).await?;
    node.figure("sent", sent);
    node.figure("seen", seen);
    Ok(())
}

async fn session(node: &Node, port: u16) -> Done {
    swarm::join(None, Some(port)).await;
    // They run as long as somebody here knows them.
    let running: Vec<ActorRef<Session>> = (0..SESSIONS).map(|_| Session::spawn(Session::default())).collect();
    let mut sessions = Vec::new();
    for session in &running {
        sessions.push(session.into_remote_ref().await);
    }
    in_sight().await?.ask(&Here { sessions }).await?;
    node.say("ready");
    spawn_blocking(until_told_to_end).await?;
    drop(running);
    Ok(())
}

async fn gateway(node: &Node, port: u16) -> Done {
    swarm::join(None, Some(port)).await;
    let gateway = Gateway::spawn(Gateway(in_sight().await?));
    node.say("ready");
    let (mut handled, mut malformed) = (0, 0);
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(json) = lines.next_line().await? {
        let line = handled + 1;
        let is_event = gateway.ask(Dispatch { line, json }).await?;
        malformed += u64::from(!is_event);
        handled = line;
        node.say(format!("handled {handled}"));
    }
    node.figure("lines", handled);
    node.figure("malformed", malformed);
    Ok(())
}

/// Waits until the guild is known here.
async fn in_sight() -> Result<RemoteActorRef<Guild>, Failure> {
    let known = async {
        loop {
            if let Ok(Some(guild)) = RemoteActorRef::lookup(guild::NAME).await {
                return guild;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    Ok(tokio::time::timeout(TIMEOUT, known).await?)
}
