//! The story: the log goes through three nodes, and one of them is killed and restarted in the middle.

use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::process::ExitCode;

use traced_actor::record::FinishedSpan;

use crate::figures::Figures;
use crate::node::SESSIONS;
use crate::process::Process;
use crate::report::report;

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/events.jsonl");

/// The lines until the session node is killed, until it is started again, and this many more are in flight meanwhile.
const KILLED: usize = 700;
const IN_FLIGHT: usize = 200;
const STARTED: usize = 1_000;

/// Plays the story with this program as each of the nodes: with the arguments `guild PORT`, `session PORT` and `gateway PORT`.
///
/// It listens on the port as the guild node; the others connect to it. Prints the report. The exit code says whether the traces
/// were right.
pub(crate) fn play() -> ExitCode {
    match nodes() {
        Ok(text) => {
            // In color if the terminal supports it.
            anstream::print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("story: {error}");
            ExitCode::FAILURE
        }
    }
}

fn nodes() -> Result<String, Box<dyn Error + Send + Sync>> {
    let log = fs::read_to_string(LOG).map_err(|error| format!("{LOG}: {error}"))?;
    let lines: Vec<&str> = log.lines().collect();
    let all_sessions = format!("sessions {SESSIONS}");
    let mut spans = Vec::new();

    let port = free_port()?;
    let guild = start("guild", "guild", port)?;
    guild.wait_for("ready", 0)?;
    let session = start("session.1", "session", port)?;
    let seen = guild.wait_for(&all_sessions, 0)?;
    let mut gateway = start("gateway", "gateway", port)?;
    gateway.wait_for("ready", 0)?;

    gateway.write(&lines[..KILLED + IN_FLIGHT])?;
    gateway.wait_for(&format!("handled {KILLED}"), 0)?;
    // The gateway does not wait for the guild, which handles the next lines meanwhile.
    let before = session.kill()?;
    spans.extend(before);
    let seen = guild.wait_for("sessions 0", seen)?;

    gateway.write(&lines[KILLED + IN_FLIGHT..STARTED])?;
    gateway.wait_for(&format!("handled {STARTED}"), 0)?;
    let session = start("session.2", "session", port)?;
    guild.wait_for(&all_sessions, seen)?;

    gateway.write(&lines[STARTED..])?;
    gateway.wait_for(&format!("handled {}", lines.len()), 0)?;

    let mut figures = Figures::default();
    // The guild ends before the sessions, because it asks them for the deliveries that they have seen.
    for node in [gateway, guild, session] {
        let (of_node, said) = node.end()?;
        spans.extend::<Vec<FinishedSpan>>(of_node);
        figures.extend(said);
    }
    Ok(report(&spans, &figures, lines.len())?)
}

fn start(name: &str, role: &str, port: u16) -> Result<Process, Box<dyn Error + Send + Sync>> {
    Process::start(name, |command| {
        command.args([role, &port.to_string()]);
    })
}

fn free_port() -> Result<u16, Box<dyn Error + Send + Sync>> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
