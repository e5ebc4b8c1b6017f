//! A fleet of eight processes that is upgraded from bare messages to envelopes, rolled back, and upgraded again, while
//! it runs: `cargo run --example rolling_upgrade`.
//!
//! ```text
//!   driver ── stdin, stdout ──►  node 0 … node 7      each old or new, each connected to each other over TCP
//! ```
//!
//! `old.rs` is a program without traces. `new/` is the same program with `#[traced_actor]`, `Envelope` and
//! `wire::rollout`, and with a new version of one message. Compare the two to see the work of an upgrade. `node/` is
//! shared by both. `fleet/` is the operator, who restarts the nodes one by one, switches their phases while they run,
//! and compares their counts with a ledger.
//!
//! At the end the example shows a crash, on which envelopes have no influence. Nodes are killed, as by `kill -9`.
//! Messages that a node had received and not handled are lost. Messages that it had handled and not answered arrive
//! twice, unless the nodes store the ids of handled messages. One node drains while a peer refuses its messages: it
//! ends in time, and reports the undelivered ones.
//!
//! An argument selects one codec (`json`, `postcard`, `msgpack`). With `--naive`, the new nodes send envelopes to
//! everybody at once; the run then fails, and says how. `--crash` shows only the crashes.

mod fleet;
mod new;
mod node;
mod old;

use std::error::Error;
use std::process::ExitCode;

use fleet::child::HANDLED_FILE;
use fleet::crash::{self, Crashed};
use fleet::ledger::Crashes;
use fleet::story::{self, Proven};
use new::New;
use old::{Codec, Old};

const CODECS: [(&str, Codec); 3] =
    [("json", Codec::Json), ("postcard", Codec::Postcard), ("msgpack", Codec::Msgpack)];

const USAGE: &str = "usage: rolling_upgrade [--naive | --crash] [json | postcard | msgpack]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["node", ref arguments @ ..] => node(arguments),
        ref arguments => upgrade(arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rolling_upgrade: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a node of the fleet, which the driver has started.
fn node(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let [version, codec, me, incarnation, naive @ ..] = arguments else { return Err(USAGE.into()) };
    let codec = CODECS.iter().find(|(name, _)| name == codec).ok_or(USAGE)?.1;
    let (me, incarnation) = (me.parse()?, incarnation.parse()?);
    if let Some(file) = std::env::var_os(HANDLED_FILE) {
        node::ledger::remember(file.as_ref())?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match *version {
        "--old" => runtime.block_on(node::run(Old { me, codec }, me, incarnation))?,
        "--new" => {
            runtime.block_on(node::run(New::installed(me, codec, !naive.is_empty())?, me, incarnation))?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

fn upgrade(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let (naive, only_crash, codecs) = match arguments {
        ["--naive", codecs @ ..] => (true, false, codecs),
        ["--crash", codecs @ ..] => (false, true, codecs),
        codecs => (false, false, codecs),
    };
    let known = |name: &&str| CODECS.iter().any(|(codec, _)| codec == name);
    if codecs.len() > 1 || !codecs.iter().all(known) {
        return Err(USAGE.into());
    }
    let mut all = Vec::new();
    for (codec, _) in CODECS.iter().filter(|(codec, _)| codecs.is_empty() || codecs.contains(codec)) {
        println!("## {codec}\n");
        let not_proven = |failure| format!("NOT proven with {codec}: {failure}");
        if !only_crash {
            let proven = story::run(codec, naive).map_err(not_proven)?;
            println!();
            all.push((*codec, proven));
        }
        println!("{}\n", crash_words(&crash::run(codec).map_err(not_proven)?));
    }
    if !all.is_empty() {
        println!("## Proven\n");
    }
    for (codec, proven) in &all {
        println!("{codec}: {}", words(proven));
    }
    Ok(())
}

fn crash_words(crashed: &Crashed) -> String {
    let Crashed { without_ids, with_ids, again, undelivered } = crashed;
    let row = |name: &str, Crashes { once, lost_taken, lost_unsent, twice }: &Crashes, again: u64| {
        format!("  {name:<12}{once:>13}{lost_taken:>19}{lost_unsent:>20}{twice:>15}{again:>14}\n")
    };
    format!(
        "  What two crashes (`kill -9`) do, one between an answer and the handling, one between the handling and an \
         answer:\n\n  nodes keep   handled once  taken, then lost  never taken, lost  handled twice  known again\n\
         {}{}\n  An old node that drained while one peer refused what is bare, another was dead and a third answered \
         nothing ended at its deadline, and named {undelivered} messages that it could not deliver.",
        row("nothing", without_ids, 0),
        row("ids", with_ids, *again),
    )
}

fn words(proven: &Proven) -> String {
    let Proven { messages, restarts, bare, enveloped, refused, .. } = proven;
    let Proven { upgraded, downgraded, continued, cut, cut_by_old, .. } = proven;
    format!(
        "{messages} messages went between 8 nodes while these were restarted {restarts} times, from old to new, back, \
         and to new again. Each was handled exactly once, by the node that it was sent to; none was lost.\n  \
         No node, old or new, failed to decode or encode a message: {bare} went bare, {enveloped} in envelopes, none \
         of these to an old node.\n  \
         All phases were reached at run time: accept, per peer (at 25 % and 100 %), require. When one node required \
         envelopes too early, {refused} messages were refused, kept by their sender, and handled later.\n  \
         {upgraded} messages came in a retired shape and were upgraded, {downgraded} were downgraded for a peer that \
         knew no other.\n  \
         {continued} times a trace went on from a new node to a new one, and {cut} times it was cut where the message \
         went bare; {cut_by_old} times it was cut by an old node between two new ones."
    )
}
