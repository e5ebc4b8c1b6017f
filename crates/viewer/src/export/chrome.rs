//! Chrome's trace events, which Perfetto, Speedscope and the Firefox Profiler open.
//!
//! Each actor instance has a track (a thread of the format). A span that does not nest in the spans of its track gets
//! another track. The wait in the mailbox is an asynchronous slice. An arrow (a flow) leads from the sender to the
//! handler.

use std::collections::HashMap;

use serde_json::{Value, json};
use traced_actor::SpanId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

use crate::store::{sent, text};
use crate::trace_view::{EXACT, operation};

/// Returns the spans of one trace as an object of trace events. Times are in microseconds since its start.
pub(crate) fn chrome(spans: &[FinishedSpan]) -> Value {
    let origin = spans.iter().map(sent).min().unwrap_or_default();
    let mut order: Vec<&FinishedSpan> = spans.iter().collect();
    // Of spans that begin together, the longer one is the outer one.
    order.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut tracks = Tracks::default();
    let track_of: HashMap<SpanId, (usize, &FinishedSpan)> =
        order.iter().map(|span| (span.context.span_id, (tracks.place(span), *span))).collect();

    let mut events = vec![
        json!({ "ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": { "name": "traced actors" } }),
    ];
    for (tid, name) in tracks.names.iter().enumerate() {
        events.push(
            json!({ "ph": "M", "name": "thread_name", "pid": 1, "tid": tid + 1, "args": { "name": name } }),
        );
    }
    let micros = |unix: u64| micros(unix.saturating_sub(origin));
    for span in order {
        let Some((track, _)) = track_of.get(&span.context.span_id) else { continue };
        let (tid, id) = (track + 1, span.context.span_id.to_string());
        let (start, end, sent) = (span.start.unix_nanos(), span.end.unix_nanos(), sent(span));
        events.push(json!({
            "ph": "X", "name": span.name, "cat": "handle", "pid": 1, "tid": tid,
            "ts": micros(start), "dur": self::micros(end.saturating_sub(start)), "args": arguments(span),
        }));
        if sent < start {
            for (phase, at) in [("b", sent), ("e", start)] {
                events.push(json!({
                    "ph": phase, "name": format!("{} waits", span.name), "cat": "mailbox", "id": id,
                    "pid": 1, "tid": tid, "ts": micros(at),
                }));
            }
        }
        // An arrow is attached to the slice at its time, which is the sender's if it is still running.
        if let Some((from, sender)) = span.parent.and_then(|parent| track_of.get(&parent)) {
            let left = sent.clamp(sender.start.unix_nanos(), sender.end.unix_nanos());
            events.push(json!({
                "ph": "s", "name": "send", "cat": "send", "id": id, "pid": 1, "tid": from + 1, "ts": micros(left),
            }));
            events.push(json!({
                "ph": "f", "bp": "e", "name": "send", "cat": "send", "id": id, "pid": 1, "tid": tid, "ts": micros(start),
            }));
        }
    }
    json!({ "displayTimeUnit": "ns", "traceEvents": events })
}

/// Returns microseconds with a precision of a nanosecond.
#[expect(clippy::cast_precision_loss, reason = "exact for 104 days")]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

fn arguments(span: &FinishedSpan) -> Value {
    let mut arguments = serde_json::Map::new();
    for (name, value) in &span.attributes {
        let value = match value {
            OwnedAttribute::Int(value) if value.unsigned_abs() <= EXACT => (*value).into(),
            OwnedAttribute::Bool(value) => (*value).into(),
            other => Value::from(other.to_string()),
        };
        arguments.insert((*name).to_owned(), value);
    }
    if let Some(error) = &span.error {
        arguments.insert("error".to_owned(), error.as_str().into());
    }
    arguments.insert("span_id".to_owned(), span.context.span_id.to_string().into());
    Value::Object(arguments)
}

/// The tracks, by their numbers.
#[derive(Default)]
struct Tracks {
    names: Vec<String>,
    /// The tracks of each actor instance.
    of: HashMap<String, Vec<Track>>,
}

struct Track {
    number: usize,
    /// The ends of the spans that are open at the start of the last one, the outermost first.
    open: Vec<u64>,
}

impl Tracks {
    /// Returns a track of the span's actor instance in which the span nests. Spans are given in the order of their
    /// starts.
    fn place(&mut self, span: &FinishedSpan) -> usize {
        let (actor, _) = operation(span);
        let name = match text(span, "actor.instance") {
            Some(instance) => format!("{actor} {instance}"),
            None => actor.to_owned(),
        };
        let (start, end) = (span.start.unix_nanos(), span.end.unix_nanos());
        let own = self.of.entry(name.clone()).or_default();
        for track in &mut *own {
            while track.open.last().is_some_and(|open| *open <= start) {
                track.open.pop();
            }
            if track.open.last().is_none_or(|open| end <= *open) {
                track.open.push(end);
                return track.number;
            }
        }
        let number = self.names.len();
        self.names.push(name);
        own.push(Track { number, open: vec![end] });
        number
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use traced_actor::context::Timestamp;
    use traced_actor::{TraceContext, TraceFlags, TraceId};

    use super::*;

    fn span(id: u64, parent: u64, name: &'static str, start: u64, end: u64) -> FinishedSpan {
        let context =
            TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(id).unwrap(), TraceFlags::SAMPLED);
        let at = Timestamp::from_unix_nanos;
        let mut span = FinishedSpan::new(context, name, at(1_000_000 + start), at(1_000_000 + end));
        span.parent = SpanId::new(parent);
        span
    }

    #[test]
    fn waits_arrows_and_tracks() {
        let mut second = span(2, 1, "Guild/Post", 3_000, 5_000);
        second.wait = Some(Duration::from_nanos(1_500));
        // Two sessions at a time do not nest.
        let spans = [
            span(1, 0, "Gateway/Dispatch", 0, 2_000),
            second,
            span(3, 2, "Session/Deliver", 4_000, 6_000),
            span(4, 2, "Session/Deliver", 5_000, 7_000),
        ];
        let trace = chrome(&spans);
        let events = trace["traceEvents"].as_array().unwrap();
        let of = |phase: &str| -> Vec<(u64, f64)> {
            let of_phase = events.iter().filter(|event| event["ph"] == phase);
            of_phase.map(|event| (event["tid"].as_u64().unwrap(), event["ts"].as_f64().unwrap())).collect()
        };
        assert_eq!(of("X"), [(1, 0.0), (2, 3.0), (3, 4.0), (4, 5.0)]);
        assert_eq!((of("b"), of("e")), (vec![(2, 1.5)], vec![(2, 3.0)]));
        assert_eq!(of("s"), [(1, 1.5), (2, 4.0), (2, 5.0)]);
        assert_eq!(of("f"), [(2, 3.0), (3, 4.0), (4, 5.0)]);
        let names: Vec<&str> = events
            .iter()
            .filter(|event| event["name"] == "thread_name")
            .map(|event| event["args"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["Gateway", "Guild", "Session", "Session"]);
    }

    /// Instances that are all different, and spans that are all open at once, are the most tracks that there can be.
    #[test]
    fn as_many_tracks_as_spans() {
        let spans: Vec<FinishedSpan> = (0..20_000)
            .map(|i| {
                let mut one = span(i + 1, 0, "Session/Deliver", i, 100_000 + i);
                if i % 2 == 0 {
                    one.attributes = vec![("actor.instance", format!("session {i}").as_str().into())];
                }
                one
            })
            .collect();
        let trace = chrome(&spans);
        let events = trace["traceEvents"].as_array().unwrap();
        assert_eq!(events.iter().filter(|event| event["name"] == "thread_name").count(), spans.len());
    }

    /// The programs that open it are written in JavaScript, whose numbers are not exact beyond 2⁵³.
    #[test]
    fn large_numbers_are_texts() {
        let mut one = span(1, 0, "Guild/Post", 0, 10);
        let large = 1_234_567_890_123_456_789_i64;
        one.attributes = vec![("channel", large.into()), ("least", i64::MIN.into()), ("text_len", 12.into())];
        let arguments = &chrome(&[one])["traceEvents"][2]["args"];
        assert_eq!(arguments["channel"], "1234567890123456789");
        assert_eq!(arguments["least"], "-9223372036854775808");
        assert_eq!(arguments["text_len"], 12);
    }
}
