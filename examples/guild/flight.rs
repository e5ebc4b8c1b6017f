//! `--flight`: a flight recorder keeps the whole trace of every failure, even of a very rare one.
//!
//! One event in a hundred thousand goes to a channel that does not exist. Four processes replay the same events:
//! without a recorder, with a head sampler that keeps one trace in a thousand, with that sampler and a flight recorder,
//! and with all traces kept. The table shows how many of the failures each of them kept, and at what cost.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use traced_actor::record::{self, FinishedSpan, FinishedSpans};
use traced_actor::sampling::{self, AlwaysOn, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::{SpanId, TraceId};
use traced_actor_flight::Flight;

use crate::gateway::{self, Gateway};
use crate::guild::Guild;
use crate::presence::Presence;
use crate::recording::Spans;

const EVENTS: usize = 200_000;
/// One event in this many fails.
const FAILS: usize = 100_000;
/// The share of traces that the head sampler keeps.
const CHANCE: f64 = 0.001;

/// The recorder of a child process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Nothing,
    Chance,
    Flight,
    AlwaysOn,
}

impl Mode {
    const ALL: [Self; 4] = [Self::Nothing, Self::Chance, Self::Flight, Self::AlwaysOn];

    const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "no recorder",
            Self::Chance => "0.1 % by chance",
            Self::Flight => "0.1 % and flight",
            Self::AlwaysOn => "always_on",
        }
    }
}

/// The columns of a child's report, in the order of the table.
const COLUMNS: [&str; 6] = ["spans kept", "by chance", "triggered", "failures", "whole", "CPU ns/event"];

/// Runs a child for each mode, and prints the table.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let mut table = format!("{EVENTS} events, one in {FAILS} fails\n\n{:<17}", "");
    for column in COLUMNS {
        write!(table, "{column:>14}")?;
    }
    table.push('\n');
    for mode in Mode::ALL {
        let output = Command::new(std::env::current_exe()?).args(["--flight-child", mode.name()]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        write!(table, "{:<17}", mode.name())?;
        let said = String::from_utf8(output.stdout)?;
        for number in said.split_whitespace() {
            write!(table, "{number:>14}")?;
        }
        table.push('\n');
    }
    println!("{table}");
    println!(
        "failures: those of which there is a span; whole: those of which all of the trace is there, from its root on."
    );
    println!("CPU: of all threads of the process.");
    Ok(())
}

/// Replays the events in this process, and prints the row of the mode with this name.
pub(crate) async fn replay(mode: &str) -> Result<(), Box<dyn Error>> {
    let mode = Mode::ALL.into_iter().find(|known| known.name() == mode).ok_or("there is no such mode")?;
    let spans = Spans::default();
    let all = std::sync::Arc::new(AtomicU64::new(0));
    let flight = install(mode, &spans, &all)?;

    let (to_gateway, gateway_mailbox) = mpsc::channel(64);
    let (to_guild, guild_mailbox) = mpsc::channel(64);
    let presence = traced_actor::spawn(Presence::default(), 64);
    let guild = tokio::spawn(Guild::new(guild_mailbox, presence, 10).run());
    let gateway = tokio::spawn(Gateway::new(gateway_mailbox, to_guild.clone()).run());
    let before = cpu_nanos()?;
    for line in 0..EVENTS {
        to_gateway.send(gateway::Message::Dispatch { line, json: event(line) }).await?;
    }
    drop((to_gateway, to_guild));
    gateway.await?;
    let summary = guild.await?;
    if let Some(flight) = &flight {
        flight.flush();
    }
    let cpu = cpu_nanos()? - before;
    if summary.failures.len() != EVENTS / FAILS {
        return Err(format!("{} events failed", summary.failures.len()).into());
    }

    let spans = spans.take();
    let (failures, whole) = failures(&spans);
    let triggered = spans.iter().filter(|span| is_triggered(span)).count() as u64;
    let kept = if mode == Mode::AlwaysOn { all.load(Relaxed) } else { spans.len() as u64 };
    let by_chance = kept - triggered;
    println!("{kept} {by_chance} {triggered} {failures} {whole} {}", cpu / EVENTS as u64);
    Ok(())
}

fn install(
    mode: Mode,
    spans: &Spans,
    all: &std::sync::Arc<AtomicU64>,
) -> Result<Option<Flight>, Box<dyn Error>> {
    let kept = spans.clone();
    match mode {
        Mode::Nothing => {}
        Mode::Chance => {
            sampling::set_sampler(ParentBased::new(Ratio::new(CHANCE)))?;
            record::install(FinishedSpans::new(move |span| kept.push(span)))?;
        }
        Mode::Flight => {
            sampling::set_sampler(ParentBased::new(Ratio::new(CHANCE)))?;
            let flight = Flight::builder().keep(move |span| kept.push(span)).start()?;
            flight.install()?;
            return Ok(Some(flight));
        }
        Mode::AlwaysOn => {
            sampling::set_sampler(AlwaysOn)?;
            let all = all.clone();
            // A program would export all of them. Here only the traces of failures are kept, so that they fit into
            // memory.
            record::install(FinishedSpans::new(move |span| {
                all.fetch_add(1, Relaxed);
                let line = span.attribute("line").map(ToString::to_string);
                let fails = line.and_then(|line| line.parse().ok()).is_some_and(fails);
                if fails || span.error.is_some() {
                    kept.push(span);
                }
            }))?;
        }
    }
    Ok(None)
}

/// Returns whether this event goes to a channel that does not exist.
fn fails(line: usize) -> bool {
    line % FAILS == FAILS / 2
}

/// Returns an event of the gateway, as Discord sends it.
fn event(line: usize) -> String {
    if line == 0 {
        return r#"{"op":0,"s":1,"t":"GUILD_CREATE","d":{"id":"661901436519711409","name":"Tokio Gardeners","member_count":10,
            "channels":[{"id":"675700277579353000","name":"general","type":0,"member_count":1}]}}"#
            .to_owned();
    }
    let channel = if fails(line) { "1" } else { "675700277579353000" };
    format!(
        r#"{{"op":0,"s":{line},"t":"MESSAGE_CREATE","d":{{"id":"1","channel_id":"{channel}",
            "author":{{"id":"661901436519711410","username":"fern"}},"content":"number {line}"}}}}"#
    )
}

fn is_triggered(span: &FinishedSpan) -> bool {
    span.attribute("sampling.reason").is_some_and(|reason| reason.to_string() == "triggered")
}

/// Returns the number of traces with a failure, and how many of them are complete: each span's parent is there, up to
/// the gateway.
fn failures(spans: &[FinishedSpan]) -> (usize, usize) {
    let mut traces: BTreeMap<TraceId, HashMap<SpanId, &FinishedSpan>> = BTreeMap::new();
    for span in spans {
        traces.entry(span.context.trace_id).or_default().insert(span.context.span_id, span);
    }
    traces.retain(|_, spans| spans.values().any(|span| span.error.is_some()));
    let is_whole = |spans: &&HashMap<SpanId, &FinishedSpan>| {
        spans.values().any(|span| span.name == "Gateway/Dispatch" && span.parent.is_none())
            && spans.values().all(|span| span.parent.is_none_or(|parent| spans.contains_key(&parent)))
    };
    (traces.len(), traces.values().filter(is_whole).count())
}

/// Returns the CPU time of this process so far.
fn cpu_nanos() -> Result<u64, Box<dyn Error>> {
    const TICK: u64 = 10_000_000;
    let stat = std::fs::read_to_string("/proc/self/stat")
        .map_err(|_| "CPU time is read from /proc, as Linux has it")?;
    // The name of the program, in parentheses, may contain spaces. User and system time are the 14th and 15th fields.
    let fields: Vec<&str> =
        stat.rsplit_once(')').ok_or("a line of another form")?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3).and_then(|field| field.parse::<u64>().ok());
    Ok((ticks(14).unwrap_or(0) + ticks(15).unwrap_or(0)) * TICK)
}
