//! Converts spans to those of the OpenTelemetry SDK.

use std::str::FromStr;

use opentelemetry::trace::{self as otel, SpanContext, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use traced_actor::context::{SpanKind, TraceContext};
use traced_actor::record::Attribute;
use traced_actor_opentelemetry::DirectRecorder;

use super::taken::{Sink, Taken};

/// Passes spans to a span processor.
pub(crate) struct Processor(pub(crate) DirectRecorder);

impl Sink for Processor {
    fn take(&mut self, span: &Taken<'_>) {
        self.0.export(span_data(span));
    }
}

fn span_data(span: &Taken<'_>) -> SpanData {
    let record = span.record;
    let mut attributes = Vec::with_capacity(16);
    span.attributes(|name, value| attributes.push(key_value(name, value)));
    let tracestate = span.tracestate().and_then(|text| TraceState::from_str(&text).ok()).unwrap_or_default();
    let mut events = SpanEvents::default();
    events.events =
        span.events().map(|event| otel::Event::new(event.name, event.at.into(), Vec::new(), 0)).collect();
    events.dropped_count = record.dropped.events;
    let mut links = SpanLinks::default();
    links.links = span
        .links()
        .map(|link| {
            otel::Link::with_context(span_context(link.context, link.is_remote, TraceState::default()))
        })
        .collect();
    links.dropped_count = record.dropped.links;
    SpanData {
        span_context: span_context(span.context(), false, tracestate),
        parent_span_id: record
            .parent
            .map_or(otel::SpanId::INVALID, |parent| otel::SpanId::from_bytes(parent.to_bytes())),
        parent_span_is_remote: record.has_remote_parent,
        span_kind: match record.operation.span_kind {
            SpanKind::Server => otel::SpanKind::Server,
            SpanKind::Client => otel::SpanKind::Client,
            SpanKind::Producer => otel::SpanKind::Producer,
            SpanKind::Consumer => otel::SpanKind::Consumer,
            _ => otel::SpanKind::Internal,
        },
        name: match span.dynamic_name() {
            Some(name) => name.to_owned().into(),
            None => record.operation.name.into(),
        },
        start_time: span.start.into(),
        end_time: span.end.into(),
        attributes,
        dropped_attributes_count: record.dropped.attributes,
        events,
        links,
        status: match span.error() {
            Some(error) => Status::error(error.text.unwrap_or_default().to_owned()),
            None => Status::Unset,
        },
        // The exporter's own attribute takes its place.
        instrumentation_scope: InstrumentationScope::default(),
    }
}

fn span_context(of: TraceContext, is_remote: bool, tracestate: TraceState) -> SpanContext {
    SpanContext::new(
        otel::TraceId::from_bytes(of.trace_id.to_bytes()),
        otel::SpanId::from_bytes(of.span_id.to_bytes()),
        otel::TraceFlags::new(of.flags.bits()),
        is_remote,
        tracestate,
    )
}

fn key_value(name: &'static str, value: Attribute<'_>) -> KeyValue {
    match value {
        Attribute::Bool(value) => KeyValue::new(name, value),
        Attribute::Int(value) => KeyValue::new(name, value),
        Attribute::Float(value) => KeyValue::new(name, value),
        Attribute::Str(value) => KeyValue::new(name, value.to_owned()),
        Attribute::Static(value) => KeyValue::new(name, value),
        // A kind of value that is newer than this crate.
        other => KeyValue::new(name, format!("{other:?}")),
    }
}
