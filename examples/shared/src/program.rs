//! The program of a framework, which is the story and each of its nodes. A framework says how its nodes meet, and what their
//! actors are asked.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::node::{Node, until_told_to_end};
use crate::story;

/// Anything that ends a node early.
pub type Failure = Box<dyn Error + Send + Sync>;
/// The result of a node.
pub type Done = Result<(), Failure>;

/// The time after which a call without an answer has failed.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Plays the story, or is the node that the arguments name: a role and a port.
pub fn run(
    guild: impl AsyncFnOnce(&Node, u16) -> Done,
    session: impl AsyncFnOnce(&Node, u16) -> Done,
    gateway: impl AsyncFnOnce(&Node, u16) -> Done,
) -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [role, port] = arguments.as_slice() else { return story::play() };
    match node(role, port, guild, session, gateway) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{role}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn node(
    role: &str,
    port: &str,
    guild: impl AsyncFnOnce(&Node, u16) -> Done,
    session: impl AsyncFnOnce(&Node, u16) -> Done,
    gateway: impl AsyncFnOnce(&Node, u16) -> Done,
) -> Done {
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

/// Waits until something is known here, such as another node's actor.
///
/// # Errors
///
/// Returns an error if it is not in time.
pub async fn in_sight<T>(look: impl AsyncFn() -> Option<T>) -> Result<T, Failure> {
    let known = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    Ok(timeout(TIMEOUT, known).await?)
}

/// Says that the guild can be sent to, and at its end what `deliveries` returns: how many were sent, and how many were seen.
///
/// # Errors
///
/// Returns the error of `deliveries`.
pub async fn guild(node: &Node, deliveries: impl AsyncFnOnce() -> Result<(u64, u64), Failure>) -> Done {
    session(node).await?;
    let (sent, seen) = deliveries().await?;
    node.figure("sent", sent);
    node.figure("seen", seen);
    Ok(())
}

/// Says that the node can be sent to, and waits until it is told to end.
///
/// # Errors
///
/// Returns an error if the runtime ends first.
pub async fn session(node: &Node) -> Done {
    node.say("ready");
    spawn_blocking(until_told_to_end).await?;
    Ok(())
}

/// Calls `dispatch` with each line of standard input and its number, and says what became of them. It returns whether the line
/// is an event.
///
/// # Errors
///
/// Returns the error of `dispatch`, or of standard input.
pub async fn gateway(node: &Node, dispatch: impl AsyncFn(u64, String) -> Result<bool, Failure>) -> Done {
    node.say("ready");
    let (mut handled, mut malformed) = (0, 0);
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(json) = lines.next_line().await? {
        let line = handled + 1;
        let is_event = dispatch(line, json).await?;
        malformed += u64::from(!is_event);
        handled = line;
        node.say(format!("handled {handled}"));
    }
    node.figure("lines", handled);
    node.figure("malformed", malformed);
    Ok(())
}
