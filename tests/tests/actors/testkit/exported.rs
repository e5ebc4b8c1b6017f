//! Spans that OpenTelemetry's in-memory exporter has.

use opentelemetry::trace::{Span as _, Status, TraceContextExt as _, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use traced_actor::testkit::{Scope, assert_tree};
use traced_actor::{Envelope, traced_actor};
use traced_actor_opentelemetry::ProviderRecorder;
use traced_actor_opentelemetry::testkit::spans;

#[test]
fn what_the_in_memory_exporter_has_is_a_tree() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let tracer = provider.tracer("test");
    let root = tracer.start("GET /guilds");
    let context = Context::new().with_span(root);
    for _ in 0..2 {
        tracer.start_with_context("SELECT", &context).set_attribute(KeyValue::new("rows", 3));
    }
    let mut failed = tracer.start_with_context("INSERT", &context);
    failed.set_status(Status::error("no room"));
    drop(failed);

    let before = spans(&exporter.get_finished_spans().unwrap());
    let broken = std::panic::catch_unwind(|| before.assert_connected()).unwrap_err();
    assert!(broken.downcast::<String>().unwrap().contains("INSERT lost its parent"));

    context.span().end();
    let spans = spans(&exporter.get_finished_spans().unwrap());
    assert_tree!(
        spans,
        "
        GET /guilds
          INSERT error=\"no room\"
          2 × SELECT rows=3
        "
    );
    spans.assert_connected();
}

#[traced_actor]
struct Order;

/// Each test has its own provider, and none is installed.
#[test]
fn a_scope_may_record_through_a_provider() {
    let exporters = [(); 2].map(|()| InMemorySpanExporter::default());
    for (exporter, orders) in exporters.iter().zip(1..) {
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        Scope::new(ProviderRecorder::new(&provider)).run(|| {
            for _ in 0..orders {
                drop(Envelope::bare(Order).open());
            }
        });
    }
    drop(Envelope::bare(Order).open());
    let trees = exporters.map(|exporter| spans(&exporter.get_finished_spans().unwrap()).tree());
    assert_eq!(trees, ["Order/Order", "2 × Order/Order"]);
}
