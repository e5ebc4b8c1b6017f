//! Collects finished spans by trace until the trace is quiet. This is plain state, and the time is an argument.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::render::Rest;
use traced_actor::TraceId;
use traced_actor::record::FinishedSpan;

/// The limits on the spans that are held, and on the time for which they are held.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The maximum number of traces. Beyond it, the one that was quiet for longest is printed at once.
    pub(super) traces: usize,
    /// The maximum number of spans of one trace. Further ones are counted.
    pub(super) spans: usize,
    /// A trace without open spans is printed after this time without an event.
    pub(super) quiet: Duration,
    /// A trace with open spans, or one that is never quiet, is printed after this time.
    pub(super) patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            traces: 1_000,
            spans: 2_000,
            quiet: Duration::from_millis(200),
            patience: Duration::from_secs(10),
        }
    }
}

/// A trace to be printed.
#[derive(Debug, PartialEq)]
pub(super) struct Printable {
    pub(super) spans: Vec<FinishedSpan>,
    pub(super) rest: Rest,
}

#[derive(Debug)]
pub(super) struct Collector {
    limits: Limits,
    traces: HashMap<TraceId, Pending>,
}

#[derive(Debug)]
struct Pending {
    spans: Vec<FinishedSpan>,
    cut: usize,
    open: usize,
    /// The time of the first event that is not printed yet.
    since: Instant,
    last: Instant,
}

impl Collector {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, traces: HashMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    /// Notes that a span has started. Returns the trace that had to make room.
    pub(super) fn started(&mut self, trace: TraceId, now: Instant) -> Option<Printable> {
        let evicted = self.make_room(trace);
        self.pending(trace, now).open += 1;
        evicted
    }

    /// Adds a span that has ended. Returns the trace that had to make room.
    pub(super) fn finished(&mut self, span: FinishedSpan, now: Instant) -> Option<Printable> {
        let trace = span.context.trace_id;
        let evicted = self.make_room(trace);
        let limit = self.limits.spans;
        let pending = self.pending(trace, now);
        pending.open = pending.open.saturating_sub(1);
        if pending.spans.len() < limit {
            pending.spans.push(span);
        } else {
            pending.cut += 1;
        }
        evicted
    }

    /// Returns the traces that are due, in the order in which they began.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Printable> {
        let Limits { quiet, patience, .. } = self.limits;
        self.take_where(|pending| {
            let is_quiet = pending.open == 0 && now.saturating_duration_since(pending.last) >= quiet;
            is_quiet || now.saturating_duration_since(pending.since) >= patience
        })
    }

    /// Returns all traces, due or not.
    pub(super) fn all(&mut self) -> Vec<Printable> {
        self.take_where(|_| true)
    }

    fn pending(&mut self, trace: TraceId, now: Instant) -> &mut Pending {
        let pending = self.traces.entry(trace).or_insert_with(|| Pending {
            spans: Vec::new(),
            cut: 0,
            open: 0,
            since: now,
            last: now,
        });
        if pending.spans.is_empty() {
            pending.since = now;
        }
        pending.last = now;
        pending
    }

    fn make_room(&mut self, trace: TraceId) -> Option<Printable> {
        if self.traces.len() < self.limits.traces || self.traces.contains_key(&trace) {
            return None;
        }
        let quietest = self.traces.iter().min_by_key(|(_, pending)| pending.last).map(|(trace, _)| *trace)?;
        self.traces.remove(&quietest)?.printable()
    }

    fn take_where(&mut self, is_taken: impl Fn(&Pending) -> bool) -> Vec<Printable> {
        let mut taken = Vec::new();
        self.traces.retain(|_, pending| {
            if !is_taken(pending) {
                return true;
            }
            let since = pending.since;
            taken.extend(pending.printable().map(|printable| (since, printable)));
            // The others are still open.
            pending.open > 0
        });
        taken.sort_by_key(|(since, _)| *since);
        taken.into_iter().map(|(_, printable)| printable).collect()
    }
}

impl Pending {
    /// Takes out its spans, or returns `None` if none has ended.
    fn printable(&mut self) -> Option<Printable> {
        if self.spans.is_empty() {
            return None;
        }
        let rest = Rest { cut: std::mem::take(&mut self.cut), open: self.open };
        Some(Printable { spans: std::mem::take(&mut self.spans), rest })
    }
}
