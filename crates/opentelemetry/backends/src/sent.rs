//! The spans as they were sent, line by line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::Status;
use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use serde_json::json;

/// Prints each span that ends.
#[derive(Debug)]
pub(crate) struct Sent;

impl SpanProcessor for Sent {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let (status, description) = match &span.status {
            Status::Unset => ("unset", ""),
            Status::Ok => ("ok", ""),
            Status::Error { description } => ("error", &**description),
        };
        let attributes: serde_json::Map<String, serde_json::Value> = span
            .attributes
            .iter()
            .map(|attribute| (attribute.key.to_string(), value(&attribute.value)))
            .collect();
        let links: Vec<_> = span
            .links
            .iter()
            .map(|link| {
                json!([link.span_context.trace_id().to_string(), link.span_context.span_id().to_string()])
            })
            .collect();
        let events: Vec<_> = span.events.iter().map(|event| json!(event.name)).collect();
        let line = json!({
            "trace": span.span_context.trace_id().to_string(),
            "id": span.span_context.span_id().to_string(),
            "parent": if span.parent_span_id == opentelemetry::SpanId::INVALID {
                String::new()
            } else {
                span.parent_span_id.to_string()
            },
            "name": span.name,
            "kind": format!("{:?}", span.span_kind).to_lowercase(),
            "start": nanoseconds(span.start_time),
            "end": nanoseconds(span.end_time),
            "status": status,
            "description": description,
            "attributes": attributes,
            "links": links,
            "events": events,
        });
        println!("{line}");
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Returns a time as text: the numbers of JSON lose digits on the way through some of the backends.
fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        other => json!(other.as_str()),
    }
}
