//! Turns traces, or the spans of one kind, into items for a comparison.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

use crate::compare::{CompareOptions, Item, Report, compare};
use crate::store::{Store, StoredTrace, nanos, text, wait, weight};
use crate::trace_view::{is_of, own_attributes};

/// The kind of badness to explain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Bad {
    /// Items that took longer than a limit, or than 95 % of their kind.
    #[default]
    Slow,
    Failed,
}

/// The group to compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Groups {
    pub(crate) bad: Bad,
    /// The actor whose spans are compared, with `kind`. Whole traces if there is none.
    pub(crate) actor: Option<String>,
    pub(crate) kind: Option<String>,
    /// The duration from which an item is slow, in nanoseconds.
    pub(crate) slower_than: Option<u64>,
}

/// A comparison, with a description of the group.
#[derive(Debug, Serialize)]
pub(crate) struct Compared {
    /// `traces`, or the operation whose spans were compared.
    of: String,
    /// `slow` or `failed`.
    bad_is: &'static str,
    /// The duration in nanoseconds above which an item is slow, by operation. Empty if failures are compared.
    slower_than: Vec<(String, u64)>,
    #[serde(flatten)]
    pub(crate) report: Report,
    /// The reason why there are no causes.
    note: Option<String>,
    /// The report as text.
    pub(crate) text: String,
}

/// The maximum number of operations whose limits are listed.
const LIMITS: usize = 20;
/// The share of items that is not slow.
const QUICK: f64 = 0.95;

/// A trace or a span.
struct Subject<'a> {
    operation: &'a str,
    nanos: u64,
    is_failed: bool,
    item: Item<'a>,
}

impl Groups {
    fn is_for_spans(&self) -> bool {
        self.actor.is_some() || self.kind.is_some()
    }

    pub(crate) fn compare(&self, store: &Store) -> Compared {
        let mut subjects = if self.is_for_spans() { self.spans(store) } else { traces(store) };
        let mut limits = HashMap::new();
        if self.bad == Bad::Slow {
            limits = self.limits(&subjects);
        }
        for subject in &mut subjects {
            subject.item.is_bad = match self.bad {
                Bad::Failed => subject.is_failed,
                Bad::Slow => limits.get(subject.operation).is_some_and(|limit| subject.nanos > *limit),
            };
        }
        let mut slower_than: Vec<(String, u64)> =
            limits.into_iter().map(|(operation, limit)| (operation.to_owned(), limit)).collect();
        slower_than.sort();
        slower_than.truncate(LIMITS);
        let items: Vec<Item<'_>> = subjects.into_iter().map(|subject| subject.item).collect();
        let report = compare(&items, &CompareOptions::default());
        let any = || "*".to_owned();
        let of = if self.is_for_spans() {
            format!("{}/{}", self.actor.clone().unwrap_or_else(any), self.kind.clone().unwrap_or_else(any))
        } else {
            "traces".to_owned()
        };
        let bad_is = if self.bad == Bad::Failed { "failed" } else { "slow" };
        let text = format!("{of}, {bad_is} against the rest: {report}");
        Compared { of, bad_is, slower_than, note: report.note(), report, text }
    }

    /// Returns the limit of each operation: the requested one, or its 95th percentile.
    fn limits<'a>(&self, subjects: &[Subject<'a>]) -> HashMap<&'a str, u64> {
        let mut by_operation: HashMap<&str, Vec<(u64, f64)>> = HashMap::new();
        for subject in subjects {
            by_operation.entry(subject.operation).or_default().push((subject.nanos, subject.item.weight));
        }
        let limit = |mut all: Vec<(u64, f64)>| {
            all.sort_by_key(|(nanos, _)| *nanos);
            let target = all.iter().map(|(_, weight)| weight).sum::<f64>() * QUICK;
            let mut sum = 0.0;
            let reached = all.iter().find(|(_, weight)| {
                sum += weight;
                sum >= target
            });
            reached.or(all.last()).map_or(0, |(nanos, _)| *nanos)
        };
        by_operation
            .into_iter()
            .map(|(operation, all)| (operation, self.slower_than.unwrap_or_else(|| limit(all))))
            .collect()
    }

    fn spans<'a>(&self, store: &'a Store) -> Vec<Subject<'a>> {
        let mut subjects = Vec::new();
        for span in store.recent().flat_map(|(_, trace)| &trace.spans) {
            if is_of(span, self.actor.as_deref(), self.kind.as_deref()) {
                let mut attributes = Vec::new();
                add_attributes(span, &mut attributes);
                subjects.push(Subject {
                    operation: span.name,
                    nanos: nanos(span.duration()).saturating_add(wait(span)),
                    is_failed: span.error.is_some(),
                    item: Item { is_bad: false, weight: weight(span), attributes },
                });
            }
        }
        subjects
    }
}

/// Returns whole traces, with the attributes of all their spans, and their operations.
fn traces(store: &Store) -> Vec<Subject<'_>> {
    store.recent().filter_map(|(_, trace)| subject(trace)).collect()
}

fn subject(trace: &StoredTrace) -> Option<Subject<'_>> {
    /// The maximum number of spans of a trace whose attributes are used. Those of a fan-out are alike.
    const SPANS: usize = 200;
    let root = trace.root()?;
    let mut attributes = Vec::new();
    for span in trace.spans.iter().take(SPANS) {
        // All traces of one operation have its root.
        if span.name != root.name {
            attributes.push(("operation", Cow::Borrowed(span.name)));
        }
        add_attributes(span, &mut attributes);
    }
    attributes.sort_unstable();
    attributes.dedup();
    let item = Item { is_bad: false, weight: weight(root), attributes };
    Some(Subject { operation: root.name, nanos: trace.nanos(), is_failed: trace.failed > 0, item })
}

/// Adds the message's own fields, and its instance.
fn add_attributes<'a>(span: &'a FinishedSpan, attributes: &mut Vec<(&'a str, Cow<'a, str>)>) {
    if let Some(instance) = text(span, "actor.instance") {
        attributes.push(("actor.instance", instance.into()));
    }
    for (name, value) in own_attributes(span) {
        match value {
            OwnedAttribute::Str(text) => attributes.push((name, text.as_str().into())),
            other => attributes.push((name, other.to_string().into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use traced_actor::context::Timestamp;
    use traced_actor::{SpanId, TraceContext, TraceFlags, TraceId};

    use super::*;
    use crate::store::Limits;

    /// A thousand traces of two spans. Those of channel 42 are slow in the store.
    fn store() -> Store {
        let mut store = Store::new(Limits::default());
        for i in 1..=1000_u64 {
            let (trace, at) = (TraceId::new(u128::from(i)).unwrap(), Timestamp::from_unix_nanos);
            let context = |id| TraceContext::new(trace, SpanId::new(id).unwrap(), TraceFlags::SAMPLED);
            let channel = i % 50;
            let took = if channel == 42 { 90_000 } else { 1_000 + i };
            let mut root = FinishedSpan::new(context(1), "Guild/Post", at(1_000_000), at(1_000_100));
            root.attributes.push(("channel", OwnedAttribute::Int(channel.cast_signed())));
            store.add(root);
            let mut span = FinishedSpan::new(context(2), "Store/Load", at(1_000_000), at(1_000_000 + took));
            span.parent = SpanId::new(1);
            span.attributes.push(("shard", (if channel == 42 { "slow" } else { "other" }).into()));
            span.error = (i % 7 == 0 && i % 2 == 1).then(|| "no".to_owned());
            store.add(span);
        }
        store
    }

    fn first(groups: &Groups) -> String {
        let compared = groups.compare(&store());
        compared.report.causes.first().map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn slow_traces_are_told_apart_by_a_field_of_any_of_their_spans() {
        let compared = Groups::default().compare(&store());
        assert_eq!(compared.slower_than, [("Guild/Post".to_owned(), 1_969)]);
        let found: Vec<String> =
            compared.report.causes.iter().map(|cause| cause.terms[0].value.clone()).collect();
        assert!(found.contains(&"42".to_owned()) && found.contains(&"slow".to_owned()), "{}", compared.text);
        assert!(compared.text.starts_with("traces, slow against the rest: 50 bad, 950 others\n"));
    }

    #[test]
    fn spans_of_one_operation_have_their_own_fields() {
        let of_store = Groups { actor: Some("store".into()), ..Groups::default() };
        assert!(first(&of_store).starts_with("shard=slow: "), "{}", first(&of_store));
        let failed = Groups { bad: Bad::Failed, ..of_store };
        assert_eq!(first(&failed), "");
        assert_eq!(failed.compare(&store()).report.bad.items, 71);
    }
}
