//! What a crash does: nodes that are killed as `kill -9` does it, while messages flow; and a drain that cannot be done.

use std::path::PathBuf;

use super::child::Version::{New, Old};
use super::ledger::Crashes;
use super::{Failure, Fleet};
use crate::node::NODES;

/// What two crashes did, without ids against duplicates and with.
pub(crate) struct Crashed {
    pub(crate) without_ids: Crashes,
    pub(crate) with_ids: Crashes,
    /// Messages that came again, and were known.
    pub(crate) again: u64,
    /// What an old node could not deliver to a peer that refuses what is bare, when it drained.
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

/// One node is killed between its answers and the handling, another between the handling and its answers.
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

/// An old node drains while a peer refuses what is bare: it ends at its deadline, and says what it could not deliver.
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
    fleet.stop_as(0, "drain 1000")?;
    let undelivered = fleet.undelivered.clone();
    if undelivered.is_empty() || undelivered.iter().any(|(id, to)| *to != 1 || fleet.ledger.is_handled(*id)) {
        return Err(format!("an old node said of others that it could not deliver them: {undelivered:?}"));
    }
    for node in 1..NODES {
        fleet.stop_as(node, "drain 1000")?;
    }
    Ok(undelivered.len())
}

/// A folder for what nodes remember, until it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("rolling-upgrade-{}", std::process::id()));
        // What an earlier process of this number left would be taken for handled.
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
