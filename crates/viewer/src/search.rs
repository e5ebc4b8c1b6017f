//! Searches traces, and returns a list of them.

use std::fmt;

use serde::Serialize;
use traced_actor::TraceId;
use traced_actor::record::FinishedSpan;

use crate::attribute_search::{AttributeSearch, equals};
use crate::store::{Store, StoredTrace, nanos, wait, weight};
use crate::text::{plain, short};
use crate::trace_view::{is_of, own_attributes};

/// The conditions. All conditions except those for the whole trace must hold for the same span.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Search {
    pub(crate) actor: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) instance: Option<String>,
    /// An attribute, in the syntax of [`AttributeSearch`].
    pub(crate) attribute: Option<String>,
    /// The minimum and the maximum duration of the trace, in nanoseconds.
    pub(crate) at_least: Option<u64>,
    pub(crate) at_most: Option<u64>,
    pub(crate) failed: bool,
    /// The minimum duration or wait of a span, in nanoseconds.
    pub(crate) span_at_least: Option<u64>,
}

/// A trace in a list.
#[derive(Debug, Serialize)]
pub(crate) struct Summary<'a> {
    trace_id: String,
    name: &'a str,
    instance: Option<String>,
    start_unix_ms: f64,
    duration: u64,
    /// The longest wait of a message.
    longest_wait: u64,
    spans: usize,
    failed: usize,
    /// The number of traces that it stands for.
    weight: f64,
    error: Option<&'a str>,
    fields: String,
}

/// The list of matching traces.
#[derive(Debug, Serialize)]
pub(crate) struct Found<'a> {
    pub(crate) traces: Vec<Summary<'a>>,
    /// The number of matching traces that are not in the list.
    pub(crate) omitted: usize,
    /// The number of traces that were searched.
    pub(crate) of: usize,
    /// A number that increases with each span.
    changes: u64,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Recent,
    Slowest,
    Spans,
}

impl Order {
    /// Returns the order with this name, or else the first one.
    pub(crate) fn named(name: Option<&str>) -> Self {
        match name {
            Some("slowest") => Self::Slowest,
            Some("spans") => Self::Spans,
            _ => Self::Recent,
        }
    }
}

impl Search {
    fn holds(&self, attribute: Option<&AttributeSearch<'_>>, id: TraceId, trace: &StoredTrace) -> bool {
        let nanos = trace.nanos();
        self.at_least.is_none_or(|least| nanos >= least)
            && self.at_most.is_none_or(|most| nanos <= most)
            && (!self.failed || trace.failed > 0)
            && if self.is_for_spans() {
                trace.spans.iter().any(|span| {
                    self.holds_for(span) && attribute.is_none_or(|attribute| attribute.holds(span))
                })
            } else {
                attribute.is_none_or(|attribute| attribute.holds_for_trace(id, trace))
            }
    }

    /// Returns whether something is asked of a span beside the attribute.
    fn is_for_spans(&self) -> bool {
        self.actor.is_some() || self.kind.is_some() || self.instance.is_some() || self.span_at_least.is_some()
    }

    fn holds_for(&self, span: &FinishedSpan) -> bool {
        is_of(span, self.actor.as_deref(), self.kind.as_deref())
            && self.instance.as_ref().is_none_or(|wanted| {
                span.attribute("actor.instance").is_some_and(|found| equals(found, wanted))
            })
            && self.span_at_least.is_none_or(|least| nanos(span.duration()) >= least || wait(span) >= least)
    }
}

/// Returns the matching traces.
pub(crate) fn find<'a>(store: &'a Store, search: &Search, order: Order, most: usize) -> Found<'a> {
    let attribute = search.attribute.as_deref().map(AttributeSearch::parse);
    let mut found: Vec<(TraceId, &StoredTrace)> =
        store.recent().filter(|(id, trace)| search.holds(attribute.as_ref(), *id, trace)).collect();
    match order {
        Order::Recent => {}
        Order::Slowest => found.sort_by_key(|(_, trace)| std::cmp::Reverse(trace.nanos())),
        Order::Spans => found.sort_by_key(|(_, trace)| std::cmp::Reverse(trace.spans.len())),
    }
    let omitted = found.len().saturating_sub(most);
    found.truncate(most);
    Found {
        traces: found.into_iter().filter_map(|(id, trace)| Summary::new(id, trace)).collect(),
        omitted,
        of: store.traces(),
        changes: store.changes(),
    }
}

impl fmt::Display for Summary<'_> {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |nanos: u64| short(nanos as f64 / 1e9);
        write!(
            f,
            "{} {}: {}, longest wait {}, {} spans",
            self.trace_id,
            plain(self.name),
            seconds(self.duration),
            seconds(self.longest_wait),
            self.spans
        )?;
        if !self.fields.is_empty() {
            write!(f, ", {}", plain(&self.fields))?;
        }
        match self.error {
            Some(error) => write!(f, ", {} failed: \"{}\"", self.failed, plain(error)),
            None => Ok(()),
        }
    }
}

impl<'a> Summary<'a> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century, to the microsecond")]
    fn new(id: TraceId, trace: &'a StoredTrace) -> Option<Self> {
        let root = trace.root()?;
        let failed = trace.spans.iter().find_map(|span| span.error.as_deref());
        let fields: Vec<String> =
            own_attributes(root).take(8).map(|(name, value)| format!("{name}={value}")).collect();
        Some(Self {
            trace_id: id.to_string(),
            name: root.name,
            instance: root.attribute("actor.instance").map(ToString::to_string),
            start_unix_ms: trace.start as f64 / 1e6,
            duration: trace.nanos(),
            longest_wait: trace.spans.iter().map(wait).max().unwrap_or(0),
            spans: trace.spans.len() + trace.cut,
            failed: trace.failed,
            weight: weight(root),
            error: failed,
            fields: fields.join(" "),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use traced_actor::context::Timestamp;
    use traced_actor::record::OwnedAttribute;
    use traced_actor::{SpanId, TraceContext, TraceFlags};

    use super::*;
    use crate::store::Limits;

    fn store() -> Store {
        let mut store = Store::new(Limits::default());
        for i in 1..=10_u64 {
            let (trace, at) = (TraceId::new(u128::from(i)).unwrap(), Timestamp::from_unix_nanos);
            let context = |id| TraceContext::new(trace, SpanId::new(id).unwrap(), TraceFlags::SAMPLED);
            let mut root = FinishedSpan::new(context(1), "Gateway/Dispatch", at(1_000_000), at(1_000_100));
            root.attributes.push(("line", OwnedAttribute::Int(i.cast_signed())));
            store.add(root);
            let mut span =
                FinishedSpan::new(context(2), "Guild/Post", at(1_000_000), at(1_000_000 + 1000 * i));
            span.parent = SpanId::new(1);
            span.wait = Some(Duration::from_nanos(i));
            span.attributes.push(("actor.instance", format!("guild {}", i % 3).as_str().into()));
            span.attributes.push(("channel", OwnedAttribute::Int((i % 2).cast_signed())));
            span.error = (i == 4).then(|| "no such channel".to_owned());
            store.add(span);
        }
        store
    }

    fn lines(search: &Search) -> Vec<String> {
        let store = store();
        find(&store, search, Order::Recent, 100).traces.into_iter().map(|trace| trace.fields).collect()
    }

    #[test]
    fn a_search_is_by_actor_kind_instance_attribute_duration_and_error() {
        assert_eq!(lines(&Search::default()).len(), 10);
        assert_eq!(
            lines(&Search { actor: Some("guild".into()), kind: Some("post".into()), ..Search::default() })
                .len(),
            10
        );
        // Of one and the same span.
        assert_eq!(
            lines(&Search { actor: Some("Gateway".into()), kind: Some("Post".into()), ..Search::default() })
                .len(),
            0
        );
        let of_guild = Search { instance: Some("guild 0".into()), ..Search::default() };
        assert_eq!(lines(&of_guild), ["line=9", "line=6", "line=3"]);
        assert_eq!(lines(&Search { attribute: Some("channel=1".into()), ..Search::default() }).len(), 5);
        assert_eq!(lines(&Search { attribute: Some("channel".into()), ..Search::default() }).len(), 10);
        assert_eq!(lines(&Search { attribute: Some("such".into()), ..Search::default() }), ["line=4"]);
        assert_eq!(lines(&Search { failed: true, ..Search::default() }), ["line=4"]);
        let between = Search { at_least: Some(7_000), at_most: Some(8_010), ..Search::default() };
        assert_eq!(lines(&between), ["line=8", "line=7"]);
        assert_eq!(lines(&Search { span_at_least: Some(10_000), ..Search::default() }), ["line=10"]);
    }

    #[test]
    fn ids_names_ranges_and_what_is_missing_are_found() {
        let of = |attribute: &str| lines(&Search { attribute: Some(attribute.into()), ..Search::default() });
        assert_eq!(of("00000000000000000000000000000007"), ["line=7"]);
        assert_eq!(of("gateway").len(), 10);
        assert_eq!(of("line>=9"), ["line=10", "line=9"]);
        assert_eq!(of("line<2"), ["line=1"]);
        // Of no span of the trace; of the span, if it is one's.
        assert_eq!((of("!line").len(), of("!retry").len()), (0, 10));
        let of_guild =
            Search { actor: Some("Guild".into()), attribute: Some("!line".into()), ..Search::default() };
        assert_eq!(lines(&of_guild).len(), 10);
    }

    #[test]
    fn a_list_says_what_is_not_in_it() {
        let store = store();
        let found = find(&store, &Search::default(), Order::Slowest, 3);
        assert_eq!((found.traces.len(), found.omitted, found.of, found.changes), (3, 7, 10, 20));
        assert_eq!(found.traces[0].fields, "line=10");
        assert_eq!((found.traces[0].duration, found.traces[0].longest_wait), (10_010, 10));
    }
}
