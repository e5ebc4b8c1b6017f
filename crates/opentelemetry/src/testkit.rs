//! Converts exported spans for the comparisons of [`traced_actor::testkit`].

use opentelemetry_sdk::trace::SpanData;
use traced_actor::testkit::Spans;

use crate::finished::finished_span;

/// Returns exported spans, such as those of the SDK's `InMemorySpanExporter`, as the spans of a test.
///
/// Compare their [`tree`](Spans::tree), or call [`assert_connected`](Spans::assert_connected).
///
/// ```
/// use opentelemetry::trace::{Tracer, TracerProvider};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use traced_actor::testkit::assert_tree;
/// # use opentelemetry_sdk::trace::{SpanData, SpanExporter};
/// # #[derive(Debug, Clone, Default)]
/// # struct InMemorySpanExporter(std::sync::Arc<std::sync::Mutex<Vec<SpanData>>>);
/// # impl SpanExporter for InMemorySpanExporter {
/// #     async fn export(&self, batch: Vec<SpanData>) -> opentelemetry_sdk::error::OTelSdkResult {
/// #         self.0.lock().unwrap().extend(batch);
/// #         Ok(())
/// #     }
/// # }
/// # impl InMemorySpanExporter {
/// #     fn get_finished_spans(&self) -> Result<Vec<SpanData>, ()> { Ok(self.0.lock().unwrap().clone()) }
/// # }
///
/// let exporter = InMemorySpanExporter::default(); // opentelemetry_sdk::trace::InMemorySpanExporter
/// let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
/// let tracer = provider.tracer("test");
/// tracer.in_span("GET /guilds", |_| tracer.in_span("SELECT", |_| ()));
///
/// let spans = traced_actor_opentelemetry::testkit::spans(&exporter.get_finished_spans().unwrap());
/// assert_tree!(spans, "
///     GET /guilds
///       SELECT
/// ");
/// spans.assert_connected();
/// ```
///
/// This is a snapshot, and waits for nothing. Spans with invalid ids are left out.
pub fn spans<'a>(exported: impl IntoIterator<Item = &'a SpanData>) -> Spans {
    exported.into_iter().filter_map(finished_span).collect()
}
