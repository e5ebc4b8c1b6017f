//! One trace in the form of the page and the API.

use serde::Serialize;
use traced_actor::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

use crate::critical_path::critical_path;
use crate::store::{Store, StoredTrace, nanos, sent, text, weight};

/// A trace. Times are in nanoseconds since its start, which is the time at which its first message was sent.
#[derive(Debug, Serialize)]
pub(crate) struct TraceView<'a> {
    trace_id: String,
    /// The start, in milliseconds since the Unix epoch.
    start_unix_ms: f64,
    duration: u64,
    failed: usize,
    /// The number of spans that were not kept, because the trace has too many.
    cut: usize,
    /// The spans, in the order of their sends.
    spans: Vec<SpanView<'a>>,
    critical_path: Vec<PartView>,
    /// The time that the critical path waited in mailboxes. `critical_handling` is its time in handlers.
    critical_wait: u64,
    critical_handling: u64,
}

#[derive(Debug, Serialize)]
struct SpanView<'a> {
    span_id: String,
    parent_id: Option<String>,
    name: &'a str,
    actor: &'a str,
    kind: &'a str,
    instance: Option<&'a str>,
    span_kind: String,
    sent: u64,
    start: u64,
    duration: u64,
    wait: Option<u64>,
    /// The number of messages that it stands for.
    weight: f64,
    reason: Option<&'a str>,
    error: Option<&'a str>,
    error_type: Option<&'a str>,
    lost_context: bool,
    fanout: Option<Fanout>,
    /// The message's own fields, and attributes that its handler added.
    attributes: Vec<(&'a str, Value<'a>)>,
    events: Vec<(&'a str, i64)>,
    links: Vec<LinkView>,
}

#[derive(Debug, Serialize)]
struct Fanout {
    size: i64,
    selected: i64,
}

#[derive(Debug, Serialize)]
struct LinkView {
    trace_id: String,
    span_id: String,
    /// Whether its span is known.
    known: bool,
}

#[derive(Debug, Serialize)]
struct PartView {
    span: usize,
    from: u64,
    until: u64,
    wait: bool,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

impl<'a> From<&'a OwnedAttribute> for Value<'a> {
    fn from(value: &'a OwnedAttribute) -> Self {
        match value {
            OwnedAttribute::Bool(value) => Self::Bool(*value),
            OwnedAttribute::Int(value) => Self::Int(*value),
            // JSON cannot represent the others.
            OwnedAttribute::Float(value) if value.is_finite() => Self::Float(*value),
            OwnedAttribute::Float(value) if value.is_nan() => Self::Text("NaN"),
            OwnedAttribute::Float(value) => Self::Text(if *value > 0.0 { "Infinity" } else { "-Infinity" }),
            OwnedAttribute::Str(value) => Self::Text(value),
            _ => Self::Text(""),
        }
    }
}

/// Returns whether an attribute is shown elsewhere, or is the same for all messages.
fn is_ours(name: &str) -> bool {
    name == "error.type" || ["messaging.", "actor.", "sampling."].iter().any(|ours| name.starts_with(ours))
}

/// Returns the message's own fields, and attributes that its handler added.
pub(crate) fn own_attributes(span: &FinishedSpan) -> impl Iterator<Item = (&'static str, &OwnedAttribute)> {
    span.attributes.iter().filter(|(name, _)| !is_ours(name)).map(|(name, value)| (*name, value))
}

/// Returns the actor and the kind of a span.
pub(crate) fn operation(span: &FinishedSpan) -> (&str, &str) {
    let (actor, kind) = span.name.split_once('/').unwrap_or((span.name, ""));
    (text(span, "actor.name").unwrap_or(actor), text(span, "actor.message.kind").unwrap_or(kind))
}

/// Returns whether a span has this actor and this kind, ignoring case. `None` matches all.
pub(crate) fn is_of(span: &FinishedSpan, actor: Option<&str>, kind: Option<&str>) -> bool {
    let is =
        |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(found));
    let (its_actor, its_kind) = operation(span);
    is(actor, its_actor) && is(kind, its_kind)
}

impl<'a> TraceView<'a> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century, to the microsecond")]
    pub(crate) fn new(id: TraceId, trace: &'a StoredTrace, store: &Store) -> Self {
        let spans = &trace.spans;
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|i| (sent(&spans[*i]), spans[*i].start));
        let mut place = vec![0; spans.len()];
        for (at, i) in order.iter().enumerate() {
            place[*i] = at;
        }
        let since = |unix: u64| unix.saturating_sub(trace.start);
        let path = critical_path(spans);
        let length = |is_wait: bool| {
            path.iter().filter(|part| part.is_wait == is_wait).map(|part| part.until - part.from).sum()
        };
        Self {
            trace_id: id.to_string(),
            start_unix_ms: trace.start as f64 / 1e6,
            duration: trace.nanos(),
            failed: trace.failed,
            cut: trace.cut,
            critical_wait: length(true),
            critical_handling: length(false),
            critical_path: path
                .iter()
                .map(|part| PartView {
                    span: place[part.span],
                    from: since(part.from),
                    until: since(part.until),
                    wait: part.is_wait,
                })
                .collect(),
            spans: order.iter().map(|i| SpanView::new(&spans[*i], trace.start, store)).collect(),
        }
    }
}

impl<'a> SpanView<'a> {
    fn new(span: &'a FinishedSpan, origin: u64, store: &Store) -> Self {
        let (actor, kind) = operation(span);
        let int = |name| match span.attribute(name) {
            Some(OwnedAttribute::Int(value)) => Some(*value),
            _ => None,
        };
        let fanout = || {
            Some(Fanout { size: int("sampling.fanout.size")?, selected: int("sampling.fanout.selected")? })
        };
        Self {
            span_id: span.context.span_id.to_string(),
            parent_id: span.parent.map(|parent| parent.to_string()),
            name: span.name,
            actor,
            kind,
            instance: text(span, "actor.instance"),
            span_kind: format!("{:?}", span.span_kind).to_lowercase(),
            sent: sent(span).saturating_sub(origin),
            start: span.start.unix_nanos().saturating_sub(origin),
            duration: nanos(span.duration()),
            wait: span.wait.map(nanos),
            weight: weight(span),
            reason: text(span, "sampling.reason"),
            error: span.error.as_deref(),
            error_type: text(span, "error.type"),
            lost_context: span.lost_context,
            fanout: fanout(),
            attributes: own_attributes(span).map(|(name, value)| (name, value.into())).collect(),
            events: span
                .events
                .iter()
                .map(|event| (event.name, event.at.unix_nanos().cast_signed() - origin.cast_signed()))
                .collect(),
            links: span
                .links
                .iter()
                .map(|link| LinkView {
                    trace_id: link.trace_id.to_string(),
                    span_id: link.span_id.to_string(),
                    known: store.has_span(link.trace_id, link.span_id),
                })
                .collect(),
        }
    }
}
