//! Messages as OTLP JSON.

use std::fmt::Write as _;

use traced_actor::context::TraceContext;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

use super::super::otlp::kind_number;
use super::model::FlightFile;
use super::text::{push_float, push_list, push_string};

/// The name of the attribute of a message that had not ended.
const OPEN: &str = "flight.open";

/// Returns all messages as an `ExportTraceServiceRequest`.
pub(super) fn otlp(file: &FlightFile, service_name: &str) -> String {
    let resource = [
        ("service.name", &OwnedAttribute::Str(service_name.to_owned())),
        ("process.pid", &OwnedAttribute::Int(file.process.into())),
    ];
    request(resource, "traced-actor", file.all().map(|(span, is_open)| (&span.span, is_open)))
}

/// Returns an `ExportTraceServiceRequest` with these spans. With each of them comes whether it had not ended.
pub(super) fn request<'a>(
    resource: impl IntoIterator<Item = (&'a str, &'a OwnedAttribute)>,
    scope: &str,
    spans: impl IntoIterator<Item = (&'a FinishedSpan, bool)>,
) -> String {
    let mut to = String::from("{\"resourceSpans\":[{\"resource\":{\"attributes\":[");
    push_list(&mut to, resource, |to, (name, value)| push_attribute(to, name, value));
    to.push_str("]},\"scopeSpans\":[{\"scope\":{\"name\":");
    push_string(&mut to, scope);
    to.push_str("},\"spans\":[");
    push_list(&mut to, spans, |to, (span, is_open)| push_span(to, span, is_open));
    to.push_str("]}]}]}");
    to
}

fn push_span(to: &mut String, span: &FinishedSpan, is_open: bool) {
    to.push('{');
    push_ids(to, span.context);
    if let Some(parent) = span.parent {
        let _ = write!(to, ",\"parentSpanId\":\"{parent}\"");
    }
    to.push_str(",\"name\":");
    push_string(to, span.name);
    let kind = kind_number(span.span_kind);
    let (start, end) = (span.start.unix_nanos(), span.end.unix_nanos());
    let _ = write!(
        to,
        ",\"kind\":{kind},\"startTimeUnixNano\":\"{start}\",\"endTimeUnixNano\":\"{end}\",\"attributes\":["
    );
    let open = (OPEN, OwnedAttribute::Bool(true));
    let attributes = span.attributes.iter().chain(is_open.then_some(&open));
    push_list(to, attributes, |to, (name, value)| push_attribute(to, name, value));
    to.push_str("],\"events\":[");
    push_list(to, &span.events, |to, event| {
        let _ = write!(to, "{{\"timeUnixNano\":\"{}\",\"name\":", event.at.unix_nanos());
        push_string(to, event.name);
        to.push('}');
    });
    to.push_str("],\"links\":[");
    push_list(to, &span.links, |to, link| {
        to.push('{');
        push_ids(to, *link);
        to.push('}');
    });
    to.push_str("],\"status\":{");
    if let Some(error) = &span.error {
        to.push_str("\"code\":2,\"message\":");
        push_string(to, error);
    }
    to.push_str("}}");
}

fn push_ids(to: &mut String, context: TraceContext) {
    let _ = write!(
        to,
        "\"traceId\":\"{}\",\"spanId\":\"{}\",\"flags\":{}",
        context.trace_id,
        context.span_id,
        context.flags.bits()
    );
}

fn push_attribute(to: &mut String, name: &str, value: &OwnedAttribute) {
    to.push_str("{\"key\":");
    push_string(to, name);
    to.push_str(",\"value\":{");
    match value {
        OwnedAttribute::Bool(value) => {
            let _ = write!(to, "\"boolValue\":{value}");
        }
        OwnedAttribute::Int(value) => {
            let _ = write!(to, "\"intValue\":\"{value}\"");
        }
        OwnedAttribute::Float(value) => {
            to.push_str("\"doubleValue\":");
            push_float(to, *value);
        }
        other => {
            to.push_str("\"stringValue\":");
            push_string(to, &other.to_string());
        }
    }
    to.push_str("}}");
}
