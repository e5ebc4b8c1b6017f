//! The finished spans that are kept, by trace, within limits. This is plain state.

use std::collections::{BTreeMap, HashMap};

use traced_actor::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

/// The limits of a store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The maximum number of traces.
    pub(crate) traces: usize,
    /// The maximum number of spans of one trace. Further ones are counted.
    pub(crate) spans_of_trace: usize,
    /// The approximate maximum of bytes of all spans.
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { traces: 10_000, spans_of_trace: 20_000, bytes: 64 << 20 }
    }
}

/// The kept spans. If there is no room, the trace without a change for the longest time is removed.
#[derive(Debug)]
pub(crate) struct Store {
    limits: Limits,
    traces: HashMap<TraceId, StoredTrace>,
    /// The traces by their last change.
    order: BTreeMap<u64, TraceId>,
    changes: u64,
    bytes: usize,
    spans: usize,
    evicted: u64,
}

/// The finished part of a trace.
#[derive(Debug)]
pub(crate) struct StoredTrace {
    pub(crate) spans: Vec<FinishedSpan>,
    /// The number of spans beyond the limit.
    pub(crate) cut: usize,
    /// The time at which its first message was sent, in nanoseconds since the Unix epoch.
    pub(crate) start: u64,
    /// The time at which its last handler ended.
    pub(crate) end: u64,
    pub(crate) failed: usize,
    /// The index of the span that began first.
    root: usize,
    changed: u64,
    bytes: usize,
}

impl Store {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            traces: HashMap::new(),
            order: BTreeMap::new(),
            changes: 0,
            bytes: 0,
            spans: 0,
            evicted: 0,
        }
    }

    pub(crate) fn add(&mut self, span: FinishedSpan) {
        let id = span.context.trace_id;
        let bytes = bytes_of(&span);
        self.changes += 1;
        let trace = self.traces.entry(id).or_insert_with(StoredTrace::new);
        self.order.remove(&trace.changed);
        trace.changed = self.changes;
        self.order.insert(self.changes, id);
        if trace.spans.len() >= self.limits.spans_of_trace {
            trace.cut += 1;
        } else {
            trace.add(span, bytes);
            self.bytes += bytes;
            self.spans += 1;
        }
        while self.traces.len() > self.limits.traces || self.bytes > self.limits.bytes {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            if let Some(trace) = self.traces.remove(&oldest) {
                self.bytes -= trace.bytes;
                self.spans -= trace.spans.len();
                self.evicted += 1;
            }
        }
    }

    pub(crate) fn trace(&self, id: TraceId) -> Option<&StoredTrace> {
        self.traces.get(&id)
    }

    /// Returns all traces, the one that changed last first.
    pub(crate) fn recent(&self) -> impl Iterator<Item = (TraceId, &StoredTrace)> {
        self.order.values().rev().filter_map(|id| Some((*id, self.traces.get(id)?)))
    }

    /// Returns a number that increases with each span.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn traces(&self) -> usize {
        self.traces.len()
    }

    pub(crate) fn spans(&self) -> usize {
        self.spans
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of traces that were removed to make room.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }
}

impl StoredTrace {
    fn new() -> Self {
        Self { spans: Vec::new(), cut: 0, start: u64::MAX, end: 0, failed: 0, root: 0, changed: 0, bytes: 0 }
    }

    fn add(&mut self, span: FinishedSpan, bytes: usize) {
        let sent = sent(&span);
        let is_root = span.parent.is_none();
        let before = self.spans.get(self.root);
        // A span without a parent is preferred, and then the earlier one.
        if before.is_none_or(|before| (!is_root, sent) < (before.parent.is_some(), self::sent(before))) {
            self.root = self.spans.len();
        }
        self.start = self.start.min(sent);
        self.end = self.end.max(span.end.unix_nanos());
        self.failed += usize::from(span.error.is_some());
        self.bytes += bytes;
        self.spans.push(span);
    }

    /// Returns the span that gives the trace its name.
    pub(crate) fn root(&self) -> Option<&FinishedSpan> {
        self.spans.get(self.root)
    }

    pub(crate) fn nanos(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// Returns the time at which a span's message was sent, in nanoseconds since the Unix epoch.
pub(crate) fn sent(span: &FinishedSpan) -> u64 {
    span.start.unix_nanos().saturating_sub(wait(span))
}

/// Returns how long the message of a span waited, in nanoseconds.
pub(crate) fn wait(span: &FinishedSpan) -> u64 {
    nanos(span.wait.unwrap_or_default())
}

/// Returns a duration in nanoseconds.
pub(crate) fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns milliseconds as nanoseconds, or `None` if they are not a valid duration.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and capped")]
pub(crate) fn nanos_of_millis(millis: f64) -> Option<u64> {
    (millis >= 0.0).then_some((millis * 1e6) as u64)
}

/// Returns the number of messages that a span stands for: the inverse of the probability with which it was kept.
pub(crate) fn weight(span: &FinishedSpan) -> f64 {
    match span.attribute("sampling.probability") {
        Some(OwnedAttribute::Float(probability)) if *probability > 0.0 && *probability < 1.0 => {
            1.0 / probability
        }
        _ => 1.0,
    }
}

/// Returns an attribute if it is a text.
pub(crate) fn text<'a>(span: &'a FinishedSpan, name: &str) -> Option<&'a str> {
    match span.attribute(name) {
        Some(OwnedAttribute::Str(text)) => Some(text),
        _ => None,
    }
}

fn bytes_of(span: &FinishedSpan) -> usize {
    let texts =
        |value: &OwnedAttribute| if let OwnedAttribute::Str(text) = value { text.capacity() } else { 0 };
    size_of::<FinishedSpan>()
        + span.attributes.capacity() * size_of::<(&str, OwnedAttribute)>()
        + span.attributes.iter().map(|(_, value)| texts(value)).sum::<usize>()
        + size_of_val(&*span.events)
        + size_of_val(&*span.links)
        + span.error.as_ref().map_or(0, String::capacity)
}

#[cfg(test)]
mod tests {
    use traced_actor::context::Timestamp;
    use traced_actor::{SpanId, TraceContext, TraceFlags};

    use super::*;

    fn span(trace: u128, span: u64, start: u64) -> FinishedSpan {
        let ids = (TraceId::new(trace).unwrap(), SpanId::new(span).unwrap());
        let context = TraceContext::new(ids.0, ids.1, TraceFlags::SAMPLED);
        let at = Timestamp::from_unix_nanos;
        FinishedSpan::new(context, "Guild/Post", at(start), at(start + 10))
    }

    fn traces(store: &Store) -> Vec<u128> {
        store.recent().map(|(id, _)| id.get()).collect()
    }

    #[test]
    fn the_trace_goes_in_which_nothing_has_happened_for_longest() {
        let mut store = Store::new(Limits { traces: 2, ..Limits::default() });
        for (trace, id) in [(1, 1), (2, 2), (1, 3), (3, 4)] {
            store.add(span(trace, id, 100));
        }
        assert_eq!(traces(&store), [3, 1]);
        assert_eq!((store.evicted(), store.spans(), store.changes()), (1, 3, 4));
    }

    #[test]
    fn bytes_and_spans_of_a_trace_are_bounded() {
        let limits = Limits { traces: 1_000_000, spans_of_trace: 3, bytes: 100_000 };
        let mut store = Store::new(limits);
        for i in 0..10_000_u64 {
            let mut span = span(u128::from(i / 10) + 1, i + 1, 100);
            span.attributes.push(("text", OwnedAttribute::Str("x".repeat(1000))));
            store.add(span);
            assert!(store.bytes() <= limits.bytes);
        }
        let (_, last) = store.recent().next().unwrap();
        assert_eq!((last.spans.len(), last.cut), (3, 7));
        let kept: usize = store.recent().map(|(_, trace)| trace.bytes).sum();
        assert_eq!(kept, store.bytes());
        assert!(store.traces() > 10 && store.traces() < 40, "{}", store.traces());
    }

    /// Checks that a span beyond the limit of bytes is removed completely.
    #[test]
    fn a_span_that_is_too_large_leaves_nothing() {
        let mut store = Store::new(Limits { bytes: 10, ..Limits::default() });
        store.add(span(1, 1, 100));
        assert_eq!((store.traces(), store.spans(), store.bytes(), store.evicted()), (0, 0, 0, 1));
    }

    #[test]
    fn a_trace_is_named_after_the_span_without_a_parent() {
        let mut store = Store::new(Limits::default());
        let mut child = span(1, 1, 50);
        child.parent = SpanId::new(9);
        store.add(child);
        store.add(span(1, 2, 90));
        store.add(span(1, 3, 80));
        let (_, trace) = store.recent().next().unwrap();
        assert_eq!(trace.root().unwrap().context.span_id.get(), 3);
        assert_eq!((trace.start, trace.end), (50, 100));
    }
}
