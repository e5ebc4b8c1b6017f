//! The effects of a crash: nodes that are killed, as by `kill -9`, while messages flow, and a drain that cannot
//! succeed.

use std::path::PathBuf;

use super::child::Version::{New, Old};
use super::ledger::{Crashes, Id};
use super::{Failure, Fleet};
use crate::node::NODES;

/// The effects of two crashes, with and without ids against duplicates.
pub(crate) struct Crashed {
    pub(crate) without_ids: Crashes,
    pub(crate) with_ids: Crashes,
    /// Messages that arrived again and were recognized.
    pub(crate) again: u64,
    /// The number of messages that an old node could not deliver when it drained, because one peer refused bare
    /// messages, another was dead, and a third answered nothing.
    pub(crate) undelivered: usize,
}

pub(crate) fn run(codec: &'static str) -> Result<Crashed, Failure> {
    let (without_ids, _) = crashes(codec, None)?;
    let ids = Folder::new()?;
    let (with_ids, again) = crashes(codec, Some(ids.0.clone()))?;
    let holds =
        |holds, otherwise: &str| if holds { Ok(()) } else { Err(format!("{otherwise}: {with_ids:?}")) };
    holds(without_ids.lost_taken > 0 && with_ids.lost_taken > 0, "a crash lost nothing that was taken")?;
    holds(without_ids.twice > 0 && again > 0, "a crash made nothing come twice")?;
    holds(with_ids.twice == 0, "something was handled twice, although it had an id")?;
    Ok(Crashed { without_ids, with_ids, again, undelivered: drain_under_require(codec)? })
}

/// Kills one node between its answers and the handling, and another between the handling and its answers.
fn crashes(codec: &'static str, ids: Option<PathBuf>) -> Result<(Crashes, u64), Failure> {
    let fleet = &mut Fleet::new(codec, false);
    fleet.ids = ids;
    for node in 0..NODES {
        fleet.start(node, New)?;
    }
    fleet.switch(&fleet.all(New), "per-peer 100")?;
    fleet.flow()?;
    for (node, what) in [(3, "handling"), (5, "answers")] {
        fleet.stalled = 0;
        fleet.tell(node, &format!("stall {what}"))?;
        fleet.until("enough messages are in between", |fleet| fleet.stalled > 0)?;
        fleet.crash(node)?;
        fleet.switch(&[node], "per-peer 100")?;
        fleet.flow()?;
    }
    fleet.settle()?;
    for node in 0..NODES {
        fleet.stop(node)?;
    }
    Ok((fleet.ledger.crashes(), fleet.again))
}

/// Drains an old node while one peer refuses bare messages, another is dead, and a third hangs. The node ends at its
/// deadline, and reports the undelivered messages.
fn drain_under_require(codec: &'static str) -> Result<usize, Failure> {
    let fleet = &mut Fleet::new(codec, false);
    fleet.start(0, Old)?;
    for node in 1..NODES {
        fleet.start(node, New)?;
    }
    fleet.flow()?;
    fleet.switch(&[1], "require")?;
    while fleet.total("refused") == 0 {
        fleet.flow.clear();
        fleet.until("messages flow", |fleet| fleet.flow.len() > 10)?;
        fleet.count()?;
    }
    fleet.kill(2)?;
    fleet.stalled = 0;
    fleet.tell(3, "stall answers")?;
    fleet.until("a node answers nothing", |fleet| fleet.stalled > 0)?;
    fleet.flow.clear();
    // It sends to all in turn: so also to the one that is dead, and to the one that hangs.
    fleet.until("an old node goes on", |fleet| {
        (4..NODES).all(|node| fleet.flow.get(&(0, node)).is_some_and(|count| *count > 3))
    })?;
    fleet.stop_as(0, "drain 1000")?;
    let undelivered = fleet.undelivered.clone();
    let is_wrong = |(id, to): &(Id, u8)| match to {
        1 => fleet.ledger.is_handled(*id),
        // The dead node and the one that hangs may have handled messages without answering them.
        2 | 3 => false,
        _ => true,
    };
    if undelivered.iter().any(is_wrong) {
        return Err(format!("an old node said of others that it could not deliver them: {undelivered:?}"));
    }
    if [1, 2, 3].iter().any(|peer| undelivered.iter().all(|(_, to)| to != peer)) {
        return Err(format!("an old node did not say what it could not deliver: {undelivered:?}"));
    }
    for node in (1..NODES).filter(|node| *node != 2) {
        fleet.stop_as(node, "drain 1000")?;
    }
    Ok(undelivered.len())
}

/// A folder for the nodes' ids. It is deleted when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("rolling-upgrade-{}", std::process::id()));
        // Ids that an earlier process with this number left would count as handled.
        std::fs::remove_dir_all(&folder).ok();
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
