//! One trace in the form of the page and the API.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::{SpanId, TraceId};

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
    /// The trigger for which a flight recorder kept it.
    trigger: Option<&'a str>,
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
    Digits(String),
}

/// The greatest whole number up to which the numbers of JavaScript are exact.
pub(crate) const EXACT: u64 = (1 << 53) - 1;

impl<'a> From<&'a OwnedAttribute> for Value<'a> {
    fn from(value: &'a OwnedAttribute) -> Self {
        match value {
            OwnedAttribute::Bool(value) => Self::Bool(*value),
            // An id of 64 bits would become another one.
            OwnedAttribute::Int(value) if value.unsigned_abs() > EXACT => Self::Digits(value.to_string()),
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

/// Returns the actor and the kind of a span. What is no actor's, such as `GET /users`, has its name and no kind.
pub(crate) fn operation(span: &FinishedSpan) -> (&str, &str) {
    let is_name = |actor: &str| !actor.is_empty() && !actor.contains(char::is_whitespace);
    let parts = span.name.split_once('/').filter(|(actor, _)| is_name(actor));
    let (actor, kind) = parts.unwrap_or((span.name, ""));
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
            spans: {
                let mut known = Known { store, traces: HashMap::new() };
                order.iter().map(|i| SpanView::new(&spans[*i], trace.start, &mut known)).collect()
            },
        }
    }
}

/// The spans of the traces that links lead to.
struct Known<'a> {
    store: &'a Store,
    traces: HashMap<TraceId, HashSet<SpanId>>,
}

impl Known<'_> {
    fn has(&mut self, trace: TraceId, span: SpanId) -> bool {
        let spans = || self.store.trace(trace).into_iter().flat_map(|trace| &trace.spans);
        let of_trace = || spans().map(|span| span.context.span_id).collect();
        self.traces.entry(trace).or_insert_with(of_trace).contains(&span)
    }
}

impl<'a> SpanView<'a> {
    fn new(span: &'a FinishedSpan, origin: u64, known: &mut Known<'_>) -> Self {
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
            trigger: text(span, "sampling.trigger"),
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
                    known: known.has(link.trace_id, link.span_id),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use traced_actor::context::Timestamp;
    use traced_actor::{TraceContext, TraceFlags};

    use super::*;

    fn span(name: &'static str) -> FinishedSpan {
        let (trace, id) = (TraceId::new(1).unwrap(), SpanId::new(1).unwrap());
        let context = TraceContext::new(trace, id, TraceFlags::SAMPLED);
        let at = Timestamp::from_unix_nanos;
        FinishedSpan::new(context, name, at(1), at(2))
    }

    #[test]
    fn what_is_no_actor_s_has_its_name() {
        assert_eq!(operation(&span("Guild/Post")), ("Guild", "Post"));
        assert_eq!(operation(&span("Cache<String>/Get")), ("Cache<String>", "Get"));
        for other in ["GET /users/{id}", "SELECT a/b", "send", "/", ""] {
            assert_eq!(operation(&span(other)), (other, ""), "{other}");
        }
        let mut named = span("GET /users");
        named.attributes = vec![("actor.name", "Front".into()), ("actor.message.kind", "Get".into())];
        assert_eq!(operation(&named), ("Front", "Get"));
    }

    /// JavaScript would make another number of an id of 64 bits, and JSON has no word for what is no number.
    #[test]
    fn numbers_are_those_that_they_were() {
        for (value, shown) in [
            (OwnedAttribute::from(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64)),
            (OwnedAttribute::from(9_007_199_254_740_993_i64), json!("9007199254740993")),
            (OwnedAttribute::from(i64::MIN), json!("-9223372036854775808")),
            (OwnedAttribute::from(0.5), json!(0.5)),
            (OwnedAttribute::from(f64::NAN), json!("NaN")),
            (OwnedAttribute::from(f64::NEG_INFINITY), json!("-Infinity")),
        ] {
            assert_eq!(serde_json::to_value(Value::from(&value)).unwrap(), shown);
        }
    }
}
