//! What a tail kept, dropped and gave up, by reason.

use std::collections::BTreeMap;

/// What a [`Tail`](super::Tail) did so far, and what it holds back.
///
/// Each finished span is in exactly one of `kept`, `dropped` and `held_spans`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TailCounters {
    /// Spans that ended.
    pub finished: u64,
    /// Spans that were handed on, by the reason of their trace: `tail.error`, `tail.slow`, `tail.chance`.
    pub kept: BTreeMap<&'static str, u64>,
    /// Spans that were not: `tail.chance`, or `tail.evicted` where their trace was decided about before its time.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Traces that were decided about before their time, by the bound that was reached: `time`, `spans`, `bytes`,
    /// `traces`, `trace_spans`.
    pub evicted: BTreeMap<&'static str, u64>,
    /// Starts that were refused, because their trace was dropped already. This crate's recorder makes no span then; a
    /// tracer provider cannot be told, and its span counts once more when it has ended.
    pub refused: u64,
    /// Spans that are held back.
    pub held_spans: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// Traces that are not decided about.
    pub held_traces: u64,
    /// Decisions that are remembered.
    pub decisions: u64,
}

impl TailCounters {
    pub(super) fn add(&mut self, other: &Self) {
        let maps = [
            (&mut self.kept, &other.kept),
            (&mut self.dropped, &other.dropped),
            (&mut self.evicted, &other.evicted),
        ];
        for (ours, theirs) in maps {
            for (reason, count) in theirs {
                *ours.entry(reason).or_default() += count;
            }
        }
        self.finished += other.finished;
        self.refused += other.refused;
        self.held_spans += other.held_spans;
        self.held_bytes += other.held_bytes;
        self.held_traces += other.held_traces;
        self.decisions += other.decisions;
    }
}
