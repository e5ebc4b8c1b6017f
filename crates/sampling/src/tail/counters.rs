//! Counts of spans that a tail kept and dropped, by reason.

use std::collections::BTreeMap;

/// The counts of a [`Tail`](super::Tail) so far, and the numbers of traces, spans and bytes that it holds.
///
/// Each finished span is in exactly one of `kept`, `dropped` and `held_spans`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TailCounters {
    /// Spans that ended.
    pub finished: u64,
    /// Spans that were passed on, by the reason of their trace: `tail.error`, `tail.slow`, `tail.chance`.
    pub kept: BTreeMap<&'static str, u64>,
    /// Spans that were dropped, by reason: `tail.chance`, or `tail.evicted` if their trace was decided about early.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Traces that were decided about early, by the limit that was reached.
    ///
    /// The limits are `time`, `spans`, `bytes`, `traces` and `trace_spans`.
    pub evicted: BTreeMap<&'static str, u64>,
    /// Spans that were refused at their start, because their trace was already dropped.
    ///
    /// The recorder of [`Tail::recorder`](super::Tail::recorder) then creates no span. A tracer provider cannot be
    /// told, so its span counts again when it has ended.
    pub refused: u64,
    /// Spans that are held.
    pub held_spans: u64,
    /// Bytes of the spans that are held.
    pub held_bytes: u64,
    /// Traces without a decision yet.
    pub held_traces: u64,
    /// Remembered decisions.
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
