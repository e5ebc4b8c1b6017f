//! The OpenTelemetry SDK as the programs use it: a batch processor whose exporter discards everything.

use std::future::Future;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter,
};

/// The maximum number of spans between two flushes, so that none is dropped.
pub(crate) const ROOM: usize = 1 << 14;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        black_box(&batch);
        std::future::ready(Ok(()))
    }
}

/// It exports when it is flushed, between two runs. So the work of its thread does not count as the cost of a message.
pub(crate) fn processor() -> BatchSpanProcessor {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(2 * ROOM)
        .with_max_export_batch_size(2 * ROOM)
        .with_scheduled_delay(Duration::from_secs(3600))
        .build();
    BatchSpanProcessor::builder(Nowhere).with_batch_config(config).build()
}

/// Installs one provider for `traced-actor` and for the programs by hand.
pub(crate) fn install() {
    let provider =
        traced_actor_opentelemetry::install(SdkTracerProvider::builder().with_span_processor(processor()))
            .expect("nothing else is installed in this process");
    set(provider);
}

/// Returns the provider of this process.
pub(crate) fn set(provider: SdkTracerProvider) {
    assert!(PROVIDER.set(provider).is_ok(), "a process has one world");
}

/// Exports the records of the last run.
pub(crate) fn flush() {
    provider().force_flush().expect("the exporter takes everything");
}

pub(crate) fn provider() -> &'static SdkTracerProvider {
    PROVIDER.get().expect("the world was set up first")
}
