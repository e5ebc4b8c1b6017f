//! The same spans through OpenTelemetry's SDK: to the report, and over OTLP to whatever the environment names.

use std::error::Error;
use std::time::Duration;

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanProcessor,
};
use traced_actor::otel::finished_span;

use crate::recording::Spans;

/// A tracer provider that exports in batches.
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// Exports to `OTEL_EXPORTER_OTLP_ENDPOINT`, by `OTEL_EXPORTER_OTLP_PROTOCOL` (`grpc` or `http/protobuf`, the
    /// default); `None` where there is no endpoint.
    pub(crate) fn from_env(spans: &Spans) -> Result<Option<Self>, Box<dyn Error>> {
        if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
            return Ok(None);
        }
        // What does not fit the queue is dropped. By default it holds 2,048 spans, plenty for a service; a replay
        // makes more than that in a moment.
        let queue = BatchConfigBuilder::default().with_max_queue_size(65_536).build();
        let batches =
            BatchSpanProcessor::builder(SpanExporter::builder().build()?).with_batch_config(queue).build();
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name("guild").build())
            .with_span_processor(Report(spans.clone()))
            .with_span_processor(batches);
        // The one line that matters: this builds the provider and records all actors through it.
        Ok(Some(Self(traced_actor::otel::install(provider)?)))
    }

    /// Exports what is left.
    pub(crate) fn stop(self) {
        if let Err(error) = self.0.shutdown() {
            eprintln!("guild: not everything was exported: {error}");
        }
    }
}

/// Feeds the report.
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
