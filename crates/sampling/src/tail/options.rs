//! What is kept, and the bounds.

use std::collections::HashMap;
use std::time::Duration;

/// The settings of a [`Tail`](super::Tail).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TailOptions {
    /// The share of traces that is kept though nothing failed and nothing was slow, from 0 to 1: 0.01. Decided by the
    /// trace id, and independent of OpenTelemetry's consistent sampling, so that a share behind a share is their
    /// product.
    pub chance: f64,
    /// A trace is kept when one of its spans took as long as this; `None`, as by default, for no matter how long.
    pub slow: Option<Duration>,
    /// Another limit for single operations, by their names (`Guild/Post`).
    pub slow_operations: HashMap<String, Duration>,
    /// A trace is decided about when no span of it was open for so long: 2 s. Longer than its messages wait.
    pub quiet: Duration,
    /// A trace is decided about at the latest so long after its first span started: 30 s.
    pub timeout: Duration,
    /// Spans that are held back, together: 100,000.
    pub max_spans: usize,
    /// Their bytes, as [`TailSpan::bytes`](super::TailSpan::bytes) counts them: 64 MiB.
    pub max_bytes: usize,
    /// Traces that are not decided about: 50,000.
    pub max_traces: usize,
    /// Spans of one trace that are held back: 5,000. Further ones follow the decision.
    pub max_trace_spans: usize,
    /// Decisions that are remembered, for spans that end late: 100,000, of about 80 bytes each.
    pub max_decisions: usize,
    /// Locks, each with its part of the traces and of the bounds: 16. One keeps the bounds to the span.
    pub shards: usize,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            chance: 0.01,
            slow: None,
            slow_operations: HashMap::new(),
            quiet: Duration::from_secs(2),
            timeout: Duration::from_secs(30),
            max_spans: 100_000,
            max_bytes: 64 << 20,
            max_traces: 50_000,
            max_trace_spans: 5_000,
            max_decisions: 100_000,
            shards: 16,
        }
    }
}

impl TailOptions {
    /// Whether an operation that took so long is slow.
    pub(super) fn is_slow(&self, name: &str, took: Duration) -> bool {
        self.slow_operations.get(name).copied().or(self.slow).is_some_and(|limit| took >= limit)
    }

    /// These options for each of the shards.
    pub(super) fn divided(mut self) -> Self {
        self.shards = self.shards.max(1);
        self.chance = if self.chance.is_nan() { 0.0 } else { self.chance.clamp(0.0, 1.0) };
        for limit in [&mut self.max_spans, &mut self.max_bytes, &mut self.max_traces, &mut self.max_decisions]
        {
            *limit = limit.div_ceil(self.shards);
        }
        self
    }
}
