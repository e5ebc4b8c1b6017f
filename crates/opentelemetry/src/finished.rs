//! Converts OpenTelemetry's finished spans to this project's.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::Status;
use opentelemetry::{Key, Value};
use opentelemetry_sdk::trace::SpanData;

use super::context::{ids, kind_from_otel};
use traced_actor::SpanId;
use traced_actor::context::{Timestamp, shortened};
use traced_actor::record::{FinishedEvent, FinishedSpan, OwnedAttribute};

/// Converts a finished span of OpenTelemetry to this project's form, which the console draws.
///
/// Use it in a span processor of your own. Returns `None` if the ids of the span are invalid.
///
/// Names that are not `&'static str` are interned: the first 1,000 distinct names are kept for the rest of the process,
/// and a later one becomes `…`. A name longer than 128 bytes is replaced by its beginning and a hash.
pub fn finished_span(span: &SpanData) -> Option<FinishedSpan> {
    let attributes: Vec<_> =
        span.attributes.iter().map(|attribute| (name(&attribute.key), value(&attribute.value))).collect();
    let (start, end) = (timestamp(span.start_time), timestamp(span.end_time));
    let mut finished = FinishedSpan::new(ids(&span.span_context)?, name_of(span.name.clone()), start, end);
    finished.span_kind = kind_from_otel(&span.span_kind);
    finished.parent = SpanId::from_bytes(span.parent_span_id.to_bytes());
    finished.links = span.links.iter().filter_map(|link| ids(&link.span_context)).collect();
    finished.attributes = attributes;
    finished.events = span.events.iter().map(event).collect();
    if let Some(OwnedAttribute::Float(seconds)) = finished.attribute("actor.mailbox.wait") {
        finished.wait = Duration::try_from_secs_f64(*seconds).ok();
    }
    if let Status::Error { description } = &span.status {
        let words = match finished.attribute("error.type") {
            Some(kind) if description.is_empty() => kind.to_string(),
            None if description.is_empty() => "error".to_owned(),
            _ => description.clone().into_owned(),
        };
        finished.error = Some(words);
    }
    Some(finished)
}

fn event(event: &opentelemetry::trace::Event) -> FinishedEvent {
    FinishedEvent::new(name_of(event.name.clone()), timestamp(event.timestamp))
}

fn name_of(name: std::borrow::Cow<'static, str>) -> &'static str {
    match name {
        std::borrow::Cow::Borrowed(name) => name,
        std::borrow::Cow::Owned(name) => interned(&name),
    }
}

/// Converts a time.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    let nanos = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Timestamp::from_unix_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn value(value: &Value) -> OwnedAttribute {
    match value {
        Value::Bool(value) => OwnedAttribute::Bool(*value),
        Value::I64(value) => OwnedAttribute::Int(*value),
        Value::F64(value) => OwnedAttribute::Float(*value),
        other => OwnedAttribute::Str(other.as_str().into_owned()),
    }
}

fn name(key: &Key) -> &'static str {
    interned(key.as_str())
}

/// Returns a copy of `name` that lives as long as the process.
///
/// A long name is replaced by its beginning and a hash, so that the table is bounded in bytes.
pub(super) fn interned(name: &str) -> &'static str {
    const MOST: usize = 1_000;
    let name = &*shortened(name);
    static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    match names.get(name) {
        Some(known) => known,
        None if names.len() >= MOST => "…",
        None => {
            let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
            names.insert(kept);
            kept
        }
    }
}
