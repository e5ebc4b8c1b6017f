//! The progress, a line for each step.

use super::child::Version;
use super::ledger::Tally;
use super::{Failure, Fleet};
use crate::node::NODES;

pub(super) const HEAD: &str = "  o old, N new; traces: messages between new nodes whose trace went on, of those sampled

  nodes     step                     sent  handled   bare  enveloped  failed  upgraded  downgraded  refused    traces";

/// Prints the events since the last line.
pub(super) struct Progress {
    last: Tally,
}

impl Progress {
    pub(super) fn new() -> Self {
        println!("{HEAD}");
        Self { last: Tally::default() }
    }

    /// Prints a line with the events of the step.
    pub(super) fn line(&mut self, fleet: &mut Fleet, step: &str) -> Result<Tally, Failure> {
        fleet.count()?;
        let (now, last) = (fleet.ledger.tally(), self.last);
        let nodes: String = (0..NODES)
            .map(|node| match fleet.version(node) {
                Some(Version::Old) => 'o',
                Some(Version::New) => 'N',
                None => '-',
            })
            .collect();
        let continued = now.continued - last.continued;
        let traces = continued + now.cut - last.cut;
        println!(
            "  {nodes}  {step:<22}{:>7}{:>9}{:>7}{:>11}{:>8}{:>10}{:>12}{:>9}{:>10}",
            now.sent - last.sent,
            now.handled - last.handled,
            now.bare - last.bare,
            now.enveloped - last.enveloped,
            fleet.failed,
            fleet.total("upgraded"),
            fleet.total("downgraded"),
            fleet.total("refused"),
            format!("{continued}/{traces}"),
        );
        self.last = now;
        Ok(now)
    }
}
