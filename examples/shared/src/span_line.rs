//! A span as one line of text, the form in which a node passes it to the story.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use traced_actor::context::{Timestamp, TraceContext, TraceFlags};
use traced_actor::record::{FinishedSpan, OwnedAttribute};

/// The parts of a span that the report shows.
#[derive(Serialize, Deserialize)]
pub(crate) struct SpanLine {
    trace: String,
    span: String,
    parent: Option<String>,
    name: String,
    start: u64,
    end: u64,
    wait: Option<Duration>,
    attributes: Vec<(String, Value)>,
    error: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
}

impl From<&FinishedSpan> for SpanLine {
    fn from(span: &FinishedSpan) -> Self {
        let attributes = span.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        Self {
            trace: span.context.trace_id.to_string(),
            span: span.context.span_id.to_string(),
            parent: span.parent.map(|parent| parent.to_string()),
            name: span.name.to_owned(),
            start: span.start.unix_nanos(),
            end: span.end.unix_nanos(),
            wait: span.wait,
            attributes: attributes.collect(),
            error: span.error.clone(),
        }
    }
}

impl From<&OwnedAttribute> for Value {
    fn from(value: &OwnedAttribute) -> Self {
        match value {
            OwnedAttribute::Bool(value) => Self::Bool(*value),
            OwnedAttribute::Int(value) => Self::Int(*value),
            OwnedAttribute::Float(value) => Self::Float(*value),
            other => Self::Str(other.to_string()),
        }
    }
}

impl From<Value> for OwnedAttribute {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Float(value) => Self::Float(value),
            Value::Str(value) => Self::Str(value),
        }
    }
}

impl SpanLine {
    /// Returns the span, with its node as the first attribute, unless it has that attribute. Returns `None` if an id is
    /// invalid.
    pub(crate) fn of_node(self, node: &str) -> Option<FinishedSpan> {
        let context =
            TraceContext::new(self.trace.parse().ok()?, self.span.parse().ok()?, TraceFlags::SAMPLED);
        let (start, end) = (Timestamp::from_unix_nanos(self.start), Timestamp::from_unix_nanos(self.end));
        let mut span = FinishedSpan::new(context, name(&self.name), start, end);
        span.parent = self.parent.and_then(|parent| parent.parse().ok());
        span.wait = self.wait;
        span.error = self.error;
        if self.attributes.iter().all(|(key, _)| key != "node") {
            span.attributes.push(("node", node.into()));
        }
        let attributes = self.attributes.into_iter().map(|(key, value)| (name(&key), value.into()));
        span.attributes.extend(attributes);
        Some(span)
    }
}

/// Stores a name for the rest of the program. A program has few names.
fn name(text: &str) -> &'static str {
    static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if let Some(known) = names.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    names.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_span_comes_through() {
        let context = TraceContext::new(
            "0af7651916cd43dd8448eb211c80319c".parse().unwrap(),
            "b7ad6b7169203331".parse().unwrap(),
            TraceFlags::SAMPLED,
        );
        let at = Timestamp::from_unix_nanos;
        let mut span = FinishedSpan::new(context, "Guild/Post", at(5), at(9));
        span.parent = Some("00f067aa0ba902b7".parse().unwrap());
        span.wait = Some(Duration::from_nanos(3));
        span.error = Some("no channel".into());
        span.attributes =
            vec![("channel", 7.into()), ("p", 0.5.into()), ("ok", true.into()), ("text", "x".into())];
        let line = serde_json::to_string(&SpanLine::from(&span)).unwrap();
        let read = serde_json::from_str::<SpanLine>(&line).unwrap().of_node("guild");
        span.attributes.insert(0, ("node", "guild".into()));
        assert_eq!(read, Some(span));
    }

    #[test]
    fn a_line_without_ids_is_no_span() {
        let line = r#"{"trace":"0","span":"1","name":"x","start":1,"end":1,"attributes":[]}"#;
        assert_eq!(serde_json::from_str::<SpanLine>(line).unwrap().of_node("guild"), None);
    }
}
