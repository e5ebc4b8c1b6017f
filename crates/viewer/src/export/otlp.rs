//! OTLP as JSON, as a file exporter writes it. Collectors, Jaeger and others read it.
//!
//! Ids are hexadecimal, 64-bit integers are texts, and enums are numbers, as the specification of OTLP/JSON defines.

use serde_json::{Value, json};
use traced_actor::context::SpanKind;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

/// Returns a request of OTLP's trace service with these spans.
pub(crate) fn otlp(spans: &[FinishedSpan], service: &str) -> Value {
    json!({
        "resourceSpans": [{
            "resource": { "attributes": [attribute("service.name", &service.into())] },
            "scopeSpans": [{
                "scope": { "name": "traced-actor" },
                "spans": spans.iter().map(span).collect::<Vec<_>>(),
            }],
        }],
    })
}

fn span(span: &FinishedSpan) -> Value {
    let kind = match span.span_kind {
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
        _ => 1,
    };
    let events = span
        .events
        .iter()
        .map(|event| json!({ "name": event.name, "timeUnixNano": event.at.unix_nanos().to_string() }));
    let links = span
        .links
        .iter()
        .map(|link| json!({ "traceId": link.trace_id.to_string(), "spanId": link.span_id.to_string() }));
    let mut json = json!({
        "traceId": span.context.trace_id.to_string(),
        "spanId": span.context.span_id.to_string(),
        "flags": span.context.flags.bits(),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": span.start.unix_nanos().to_string(),
        "endTimeUnixNano": span.end.unix_nanos().to_string(),
        "attributes": span.attributes.iter().map(|(name, value)| attribute(name, value)).collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "links": links.collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        json["parentSpanId"] = parent.to_string().into();
    }
    if let Some(error) = &span.error {
        json["status"] = json!({ "code": 2, "message": error });
    }
    json
}

fn attribute(name: &str, value: &OwnedAttribute) -> Value {
    let value = match value {
        OwnedAttribute::Bool(value) => json!({ "boolValue": value }),
        OwnedAttribute::Int(value) => json!({ "intValue": value.to_string() }),
        OwnedAttribute::Float(value) if value.is_finite() => json!({ "doubleValue": value }),
        // As in the JSON mapping of protobuf.
        OwnedAttribute::Float(value) if value.is_nan() => json!({ "doubleValue": "NaN" }),
        OwnedAttribute::Float(value) => {
            json!({ "doubleValue": if *value > 0.0 { "Infinity" } else { "-Infinity" } })
        }
        other => json!({ "stringValue": other.to_string() }),
    };
    json!({ "key": name, "value": value })
}

#[cfg(test)]
mod tests {
    use traced_actor::context::Timestamp;
    use traced_actor::{SpanId, TraceContext, TraceFlags, TraceId};

    use super::*;

    #[test]
    fn a_span_is_as_the_specification_has_it() {
        let id = TraceId::new(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736).unwrap();
        let context = TraceContext::new(id, SpanId::new(0x00f0_67aa_0ba9_02b7).unwrap(), TraceFlags::SAMPLED);
        let at = |nanos: u64| Timestamp::from_unix_nanos(1_700_000_000_000_000_000 + nanos);
        let mut one = FinishedSpan::new(context, "Guild/Post", at(1), at(2));
        one.parent = SpanId::new(1);
        one.links.push(context);
        one.error = Some("no such \"channel\"".into());
        one.attributes = vec![
            ("int", i64::MAX.into()),
            ("float", 0.5.into()),
            ("odd", f64::NEG_INFINITY.into()),
            ("bool", true.into()),
            ("text", "<script>".into()),
        ];
        let expected = json!({
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
            "spanId": "00f067aa0ba902b7",
            "parentSpanId": "0000000000000001",
            "flags": 1,
            "name": "Guild/Post",
            "kind": 5,
            "startTimeUnixNano": "1700000000000000001",
            "endTimeUnixNano": "1700000000000000002",
            "attributes": [
                { "key": "int", "value": { "intValue": "9223372036854775807" } },
                { "key": "float", "value": { "doubleValue": 0.5 } },
                { "key": "odd", "value": { "doubleValue": "-Infinity" } },
                { "key": "bool", "value": { "boolValue": true } },
                { "key": "text", "value": { "stringValue": "<script>" } },
            ],
            "events": [],
            "links": [{ "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7" }],
            "status": { "code": 2, "message": "no such \"channel\"" },
        });
        let of_scope = &otlp(&[one], "guilds")["resourceSpans"][0]["scopeSpans"][0];
        assert_eq!(of_scope["scope"], json!({ "name": "traced-actor" }), "as every exporter has it");
        assert_eq!(of_scope["spans"][0], expected);
    }
}
