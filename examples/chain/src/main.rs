//! A post from the browser to the push service, through real servers: `cargo run -p traced-actor-example-chain`.
//!
//! ```text
//!   browser ─► gateway ─► Room ─► Kafka ─► consumer ─┬► PostgreSQL
//!         WebSocket     actor                        └► push service (HTTP)
//! ```
//!
//! Each part is a process. The program starts them, collects their spans, and prints the trace of a post as one
//! waterfall, with its log lines.
//!
//! | argument | |
//! |---|---|
//! | `--slow db`, `--slow push` | makes one of them slow; the waterfall shows where |
//! | `--old-consumer` | starts with a consumer that does not trace, and upgrades it later |
//! | `--client plain` | a client of this program, also where there is a Chromium |
//! | `--kafka mock` | librdkafka's mock cluster, also where there is a broker |
//! | `--logs FOLDER` | keeps the processes' logs there |

mod arguments;
mod broker;
mod client;
mod consumer;
mod database;
mod gateway;
mod old_consumer;
mod post;
mod push;
mod report;
mod room;
mod settings;
mod story;
mod telemetry;

use std::error::Error;
use std::process::ExitCode;

use traced_actor_example_shared::node::Node;
use traced_actor_example_shared::program::session as until_told_to_end;

use crate::arguments::Arguments;
use crate::settings::{Role, Settings};

/// An error that ends a process early.
type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Settings::from_env() {
        None => play().await,
        Some(Ok((role, settings))) => {
            node(role, &settings).await.map_err(|error| format!("{role}: {error}").into())
        }
        Some(Err(error)) => Err(error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn play() -> Result<(), Failure> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let text = story::play(&arguments).await?;
    // In color if the terminal supports it.
    anstream::print!("{text}");
    Ok(())
}

/// Runs a process of the chain until it is done, or until its standard input ends.
async fn node(role: Role, settings: &Settings) -> Result<(), Failure> {
    let node = Node::without_recorder();
    tokio::select! {
        result = run(&node, role, settings) => result?,
        told = until_told_to_end(&node) => told?,
    }
    node.flush();
    Ok(())
}

async fn run(node: &Node, role: Role, settings: &Settings) -> Result<(), Failure> {
    if role == Role::OldConsumer {
        return old_consumer::run(node, settings).await;
    }
    let _provider = telemetry::start(node, role, &settings.logs)?;
    match role {
        Role::Client => client::run(node, settings).await,
        Role::Consumer => consumer::run(node, settings).await,
        Role::Gateway => gateway::run(node, settings).await,
        Role::Push => push::run(node, settings).await,
        Role::OldConsumer => unreachable!("it is above"),
    }
}
