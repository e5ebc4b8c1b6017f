//! A chat gateway in miniature, traced from end to end: `cargo run --example guild`.
//!
//! ```text
//!   events.jsonl ─► gateway ─► guild ─► 10,000 sessions
//!                                └──◄─► presence
//! ```
//!
//! It replays a log of gateway events through four kinds of actors and keeps their spans. Then it reports the
//! waterfalls of some traces, and how well the few spans of a broadcast stand for all of its messages. You can copy
//! from its files. Start with the actors: `gateway.rs`, `guild.rs`, `session.rs`, `presence.rs`.
//!
//! With `--listen 127.0.0.1:4040` it then serves clients, whose traces continue in the same actors (`listen.rs`). With
//! `--features otlp` and `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317` (gRPC, or port 4318 for HTTP), it also
//! sends the traces to Jaeger, Tempo, or any other collector.
//!
//! With `--features flight -- --flight` it shows how a flight recorder keeps rare failures (`flight.rs`).

#[cfg(feature = "flight")]
mod flight;
mod gateway;
mod guild;
mod listen;
#[cfg(feature = "otlp")]
mod otlp;
mod presence;
mod recording;
mod report;
mod session;

use std::error::Error;
use std::process::ExitCode;

use tokio::net::TcpListener;
use traced_actor::sync::mpsc;

use crate::gateway::Gateway;
use crate::guild::Guild;
use crate::listen::Doors;
use crate::presence::Presence;
use crate::recording::Recording;

/// The number of members that are connected when the replay begins.
const CONNECTED: usize = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    match replay().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guild: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn replay() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    #[cfg(feature = "flight")]
    if arguments.next_if(|argument| argument == "--flight").is_some() {
        return flight::run();
    } else if arguments.next_if(|argument| argument == "--flight-child").is_some() {
        let mode = arguments.next().and_then(|mode| mode.into_string().ok());
        return flight::replay(&mode.unwrap_or_default()).await;
    }
    #[cfg(not(feature = "flight"))]
    if arguments.peek().is_some_and(|argument| argument == "--flight") {
        return Err(
            "--flight needs the feature: cargo run --example guild --features flight -- --flight".into()
        );
    }
    let listener = if arguments.next_if(|argument| argument == "--listen").is_some() {
        let address = arguments.next().and_then(|address| address.into_string().ok());
        Some(TcpListener::bind(address.ok_or("--listen takes an address, like 127.0.0.1:4040")?).await?)
    } else {
        None
    };
    let path =
        arguments.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/data/events.jsonl").into());
    let log = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;

    // Install before the first actor starts.
    let recording = Recording::start()?;

    let (to_gateway, gateway_mailbox) = mpsc::channel(64);
    let (to_guild, guild_mailbox) = mpsc::channel(64);
    let presence = traced_actor::spawn(Presence::default(), 64);
    let guild = tokio::spawn(Guild::new(guild_mailbox, presence, CONNECTED).run());
    let gateway = tokio::spawn(Gateway::new(gateway_mailbox, to_guild.clone()).run());

    for (i, json) in log.lines().enumerate() {
        to_gateway.send(gateway::Message::Dispatch { line: i + 1, json: json.to_owned() }).await?;
    }

    let listened = listener.is_some();
    if let Some(listener) = listener {
        println!("listening on {} until standard input ends", listener.local_addr()?);
        Doors::new(to_gateway.clone(), to_guild.clone(), log.lines().count())?.serve(listener).await?;
    }

    // Each actor ends when all of its senders are dropped: the gateway first, the sessions last.
    drop((to_gateway, to_guild));
    let errors = gateway.await?;
    let summary = guild.await?;
    let spans = recording.stop();

    // In color if the terminal supports it.
    anstream::print!("{}", report::report(&spans, &summary, &errors)?);
    if listened {
        anstream::print!("{}", report::from_outside(&spans));
    }
    Ok(())
}
