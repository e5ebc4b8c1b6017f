//! Running an exporting process, and reading what its collector received.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::process::Command;
use traced_actor_tests::isolated::without_otel;

use super::collector::{Collector, Protocol, Received};

/// Runs the child with its own collector, and with nothing else of OpenTelemetry in its environment but what
/// it was given; what it printed, and what it exported.
pub(crate) fn export(mut child: Command, protocol: Protocol) -> (String, Received) {
    without_otel(child.as_std_mut());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let collector = Collector::start(protocol).await;
        let endpoint = collector.endpoint();
        // With a scheme, it is the scheme that says whether the connection is secure.
        let insecure = child.as_std().get_envs().any(|(name, _)| name == "OTEL_EXPORTER_OTLP_INSECURE");
        let endpoint = if insecure { endpoint.trim_start_matches("http://") } else { &endpoint };
        child
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.name());
        let output = child.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        // The child has shut its exporter down, so everything was answered.
        (said.into_owned(), collector.take())
    })
}

#[track_caller]
pub(crate) fn assert_child(span: &Span, parent: &Span) {
    assert_eq!(span.trace_id, parent.trace_id, "{}: another trace", span.name);
    assert_eq!(span.parent_span_id, parent.span_id, "{}: another parent", span.name);
}

pub(crate) fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    attribute.value.as_ref().and_then(|AnyValue { value }| value.as_ref())
}

pub(crate) fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match value(attributes, key)? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is no text: {other:?}"),
    }
}
