//! The settings and limits of a tail.

use std::collections::HashMap;
use std::time::Duration;

/// The settings of a [`Tail`](super::Tail).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TailOptions {
    /// The share of traces without failures and slow spans to keep, from 0 to 1. Default: 0.01.
    ///
    /// The choice depends on the trace id. It is independent of OpenTelemetry's consistent sampling, so the total share
    /// of a tail after a head with a ratio is the product of both.
    pub chance: f64,
    /// The duration from which a span is slow. A trace with a slow span is kept. Default: `None`, which disables this.
    pub slow: Option<Duration>,
    /// Whether a trace is kept if a handler in it recorded a warning or an error of `tracing`. Default: `true`.
    ///
    /// It is known if the subscriber has the layer `Warnings`, or, for spans of OpenTelemetry, that of
    /// `tracing-opentelemetry`.
    pub warnings: bool,
    /// The durations from which particular operations are slow, by operation name (`Guild/Post`).
    pub slow_operations: HashMap<String, Duration>,
    /// The time without open spans after which a trace is decided about. Default: 2 s.
    ///
    /// Choose a time longer than messages wait in a mailbox.
    pub quiet: Duration,
    /// The maximum time from the start of its first span to the decision about a trace. Default: 30 s.
    pub timeout: Duration,
    /// The maximum number of spans that are held. Default: 100,000.
    pub max_spans: usize,
    /// The maximum number of bytes that are held, by [`TailSpan::bytes`](super::TailSpan::bytes). Default: 64 MiB.
    pub max_bytes: usize,
    /// The maximum number of traces without a decision. Default: 50,000.
    pub max_traces: usize,
    /// The maximum number of spans of one trace that are held. Further spans follow the decision. Default: 5,000.
    pub max_trace_spans: usize,
    /// The maximum number of decisions that are remembered for spans that end late. Default: 100,000.
    ///
    /// A decision takes about 80 bytes.
    pub max_decisions: usize,
    /// The number of locks. Each guards a part of the traces and of the limits. Default: 16.
    ///
    /// With one lock, the limits are exact to the span.
    pub shards: usize,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            chance: 0.01,
            slow: None,
            warnings: true,
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
    /// Returns whether an operation with this duration is slow.
    pub(super) fn is_slow(&self, name: &str, took: Duration) -> bool {
        self.slow_operations.get(name).copied().or(self.slow).is_some_and(|limit| took >= limit)
    }

    /// Returns these options for each of the shards.
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
