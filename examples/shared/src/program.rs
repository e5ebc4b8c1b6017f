//! The program of a framework, which runs the story and each of its nodes. A framework defines how its nodes meet, and
//! the requests to their actors.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::node::{Node, until_told_to_end};
use crate::story;

/// An error that ends a node early.
pub type Failure = Box<dyn Error + Send + Sync>;
/// The result of a node.
pub type Done = Result<(), Failure>;

/// The time after which a call without an answer has failed.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Runs the story, or the node that the arguments name: a role and a port.
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

/// Waits until something is known here, such as the actor of another node.
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

/// Reports that the guild is ready. At its end, reports the result of `deliveries`: the numbers of sent and of seen
/// deliveries.
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

/// Reports that the node is ready, and waits until it has to end.
///
/// # Errors
///
/// Returns an error if the runtime ends first.
pub async fn session(node: &Node) -> Done {
    node.say("ready");
    spawn_blocking(until_told_to_end).await?;
    Ok(())
}

/// Calls `dispatch` with each line of standard input and its number, and reports the result. `dispatch` returns whether
/// the line is an event.
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
