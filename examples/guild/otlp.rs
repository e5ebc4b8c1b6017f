//! The same spans through OpenTelemetry's SDK: to the report, and over OTLP to the collector that the environment
//! names.

use std::error::Error;
use std::time::Duration;

use opentelemetry_otlp::{Protocol, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanProcessor};
use traced_actor_opentelemetry as otel;
use traced_actor_opentelemetry::{BatchProcessor, finished_span};

use crate::recording::Spans;

/// A tracer provider that exports in batches.
pub(crate) struct Exporter(SdkTracerProvider);

/// Returns the protocol for an endpoint: port 4317 is gRPC, and 4318 is HTTP.
fn protocol(endpoint: &str) -> Protocol {
    match std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL").as_deref() {
        Ok("grpc") => Protocol::Grpc,
        Err(_) if endpoint.trim_end_matches('/').ends_with(":4317") => Protocol::Grpc,
        _ => Protocol::HttpBinary,
    }
}

impl Exporter {
    /// Exports to `OTEL_EXPORTER_OTLP_ENDPOINT`, with `OTEL_EXPORTER_OTLP_PROTOCOL` (`grpc` or `http/protobuf`), or
    /// else with the usual protocol of the port. Returns `None` if there is no endpoint.
    pub(crate) fn from_env(spans: &Spans) -> Result<Option<Self>, Box<dyn Error>> {
        let Ok(endpoint) = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT") else { return Ok(None) };
        let (exporter, protocol) = match protocol(&endpoint) {
            Protocol::Grpc => (SpanExporter::builder().with_tonic().build()?, "grpc"),
            _ => (SpanExporter::builder().with_http().build()?, "http/protobuf"),
        };
        // If the queue is full, spans are dropped and counted. Its default length is 2,048 spans, which is enough for a
        // service. A replay makes more in a moment.
        let batches = BatchProcessor::builder(exporter)
            .destination(format!("{endpoint} over {protocol}"))
            .queue(65_536)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name("guild").build())
            .with_span_processor(Report(spans.clone()))
            .with_span_processor(batches);
        // This is the line that you need: it builds the provider, and records all actors through it.
        Ok(Some(Self(otel::install(provider)?)))
    }

    /// Exports the remaining spans. The error names the endpoint, the protocol and the number of lost spans.
    pub(crate) fn stop(self) {
        if let Err(error) = self.0.shutdown() {
            eprintln!(
                "guild: not everything was exported: {error}. Does the endpoint speak this protocol? Port 4317 is \
                 usually gRPC's and 4318 HTTP's; OTEL_EXPORTER_OTLP_PROTOCOL=grpc or http/protobuf chooses"
            );
        }
    }
}

/// Passes each span to the report.
#[derive(Debug)]
struct Report(Spans);

impl SpanProcessor for Report {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        if let Some(span) = finished_span(&span) {
            self.0.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
