//! The steps of the fleet, and the checks at the end.

use super::child::Version::{New, Old};
use super::report::Progress;
use super::{Failure, Fleet};
use crate::node::NODES;

/// The results with one codec.
pub(crate) struct Proven {
    pub(crate) messages: u64,
    pub(crate) restarts: u32,
    pub(crate) bare: u64,
    pub(crate) enveloped: u64,
    pub(crate) refused: u64,
    pub(crate) upgraded: u64,
    pub(crate) downgraded: u64,
    pub(crate) continued: u64,
    pub(crate) cut: u64,
    pub(crate) cut_by_old: u64,
}

/// Runs eight nodes, upgrades them one by one, rolls them back, and upgrades them again, under load.
pub(crate) fn run(codec: &'static str, naive: bool) -> Result<Proven, Failure> {
    let fleet = &mut Fleet::new(codec, naive);
    let progress = &mut Progress::new();
    for node in 0..NODES {
        fleet.start(node, Old)?;
    }
    fleet.flow()?;
    progress.line(fleet, "all old")?;

    // Accept: new nodes read both, and send what old ones send.
    for node in 0..NODES / 2 {
        fleet.restart(node, New)?;
        fleet.flow()?;
        let tally = progress.line(fleet, "upgrade")?;
        holds(tally.enveloped == 0, "an envelope was sent in the phase accept")?;
    }

    // Per peer, while half of the fleet is old: first a quarter of the traces, then all.
    switch(fleet, progress, "per-peer 25")?;
    switch(fleet, progress, "per-peer 100")?;
    for node in NODES / 2..NODES - 1 {
        step(fleet, progress, node, "upgrade")?;
    }

    // Require, too early: one node is still old. Its messages are refused, and it keeps them.
    let refused = fleet.total("refused");
    fleet.switch(&[0], "require")?;
    while fleet.total("refused") == refused {
        fleet.flow.clear();
        fleet.until("messages flow", |fleet| fleet.flow.len() > 10)?;
        fleet.count()?;
    }
    progress.line(fleet, "require, too early")?;
    fleet.switch(&[0], "per-peer 100")?;
    step(fleet, progress, NODES - 1, "upgrade")?;
    switch(fleet, progress, "require")?;

    // The way back, with messages in envelopes all the time. No node has to be told before.
    switch(fleet, progress, "per-peer 100")?;
    for node in 0..NODES {
        step(fleet, progress, node, "roll back")?;
    }
    for node in (0..NODES).rev() {
        step(fleet, progress, node, "upgrade again")?;
    }
    switch(fleet, progress, "require")?;

    end(fleet, progress)
}

fn holds(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// Restarts a node with the other release. A new node is switched to `per-peer` at once.
fn step(fleet: &mut Fleet, progress: &mut Progress, node: u8, name: &str) -> Result<(), Failure> {
    let version = if fleet.version(node) == Some(Old) { New } else { Old };
    fleet.restart(node, version)?;
    if version == New {
        fleet.switch(&[node], "per-peer 100")?;
    }
    fleet.flow()?;
    progress.line(fleet, name).map(drop)
}

/// Switches all new nodes to another phase while they run.
fn switch(fleet: &mut Fleet, progress: &mut Progress, phase: &str) -> Result<(), Failure> {
    fleet.switch(&fleet.all(New), phase)?;
    fleet.flow()?;
    fleet.until("envelopes are sent", |fleet| fleet.enveloped > 0)?;
    progress.line(fleet, phase).map(drop)
}

/// Stops all nodes, and compares the wire's counts with the ledger.
fn end(fleet: &mut Fleet, progress: &mut Progress) -> Result<Proven, Failure> {
    fleet.hush()?;
    for node in 0..NODES {
        fleet.stop(node)?;
    }
    let tally = progress.line(fleet, "all drained")?;
    let defects = fleet.ledger.defects();
    holds(
        defects.is_empty(),
        &format!("{} defects: {:?}", defects.len(), defects.iter().take(5).collect::<Vec<_>>()),
    )?;

    let total = |name| fleet.total(name);
    let equal = |what: &str, left: u64, right: u64| {
        holds(
            left == right,
            &format!("the counters do not agree with the ledger: {what}: {left} and {right}"),
        )
    };
    equal("sent", tally.sent, total("sent_bare") + total("sent_enveloped") + tally.sent_by_old)?;
    equal("bare", tally.bare, total("bare") - total("refused") + tally.handled_by_old)?;
    equal("enveloped", tally.enveloped, total("enveloped"))?;
    equal("enveloped, sent", tally.enveloped, total("sent_enveloped"))?;
    let (sent, read) = (&fleet.ledger.posts_sent_by_old, &fleet.ledger.posts_handled_by_old);
    equal("retired shapes", sent + total("downgraded"), read + total("upgraded"))?;
    equal("invalid", total("invalid"), 0)?;
    equal("traces through old nodes", tally.continued_by_old, 0)?;
    let proven = Proven {
        messages: tally.handled,
        restarts: fleet.restarts,
        bare: tally.bare,
        enveloped: tally.enveloped,
        refused: total("refused"),
        upgraded: total("upgraded"),
        downgraded: total("downgraded"),
        continued: tally.continued,
        cut: tally.cut,
        cut_by_old: tally.cut_by_old,
    };
    for (what, count) in [
        ("refused", proven.refused),
        ("upgraded", proven.upgraded),
        ("downgraded", proven.downgraded),
        ("continued", proven.continued),
        ("cut by an old node", proven.cut_by_old),
    ] {
        holds(count > 0, &format!("nothing was {what}"))?;
    }
    Ok(proven)
}
