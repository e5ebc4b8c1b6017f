//! The shared parts of the tests: one provider for the process, whose finished spans stay in memory, and helpers that
//! read them.

use std::sync::OnceLock;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceId, TracerProvider};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SdkTracer, SdkTracerProvider, SimpleSpanProcessor, SpanData,
};
use traced_actor::TracedExt;
use traced_actor::sync::mpsc::Receiver;
use traced_actor_opentelemetry as otel;
use traced_actor_opentelemetry::DirectRecorder;
use tracing_subscriber::layer::SubscriberExt;

struct Setup {
    exporter: InMemorySpanExporter,
    provider: SdkTracerProvider,
}

/// Set in the process that records by the direct path.
pub(crate) const DIRECT: &str = "TRACED_ACTOR_TEST_DIRECT";

/// Installs the provider the first time. Spans are there as soon as they have ended.
fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let installed = if std::env::var_os(DIRECT).is_some() {
            otel::install_direct(&DirectRecorder::new(SimpleSpanProcessor::new(exporter.clone())))
        } else {
            otel::install(SdkTracerProvider::builder().with_simple_exporter(exporter.clone()))
        };
        let provider = installed.expect("nothing else is installed in this process");
        // For the tests of `tracing`; nobody else makes such spans.
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing"));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
            .expect("no other subscriber in this process");
        Setup { exporter, provider }
    })
}

/// Installs the provider. Call it before the first message, since spans of earlier messages are lost.
pub(crate) fn install() {
    setup();
}

/// A tracer that knows nothing of actors.
pub(crate) fn tracer() -> SdkTracer {
    setup().provider.tracer("plain")
}

/// A context with a new span of the plain tracer: its own trace.
pub(crate) fn root(name: &'static str) -> Context {
    use opentelemetry::trace::Tracer as _;
    Context::new().with_span(tracer().start_with_context(name, &Context::new()))
}

/// The identity of the span in this context.
pub(crate) fn identity(cx: &Context) -> SpanContext {
    cx.span().span_context().clone()
}

/// The span that is OpenTelemetry's current one on this thread.
pub(crate) fn current() -> Option<SpanContext> {
    Context::map_current(|cx| cx.has_active_span().then(|| identity(cx)))
}

fn all() -> Vec<SpanData> {
    setup().exporter.get_finished_spans().expect("nothing panicked in the exporter")
}

/// The finished spans whose name is `name`, or begins with `name` and a slash, in the order of their ends.
pub(crate) fn spans(name: &str) -> Vec<SpanData> {
    let is_named = |span: &SpanData| {
        span.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    all().into_iter().filter(is_named).collect()
}

/// The only finished span of this name.
#[track_caller]
pub(crate) fn only(name: &str) -> SpanData {
    let mut spans = spans(name);
    assert_eq!(spans.len(), 1, "{name}: {spans:#?}");
    spans.remove(0)
}

/// The value of an attribute, which is there at most once.
#[track_caller]
pub(crate) fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut found = span.attributes.iter().filter(|attribute| attribute.key.as_str() == key);
    let first = found.next();
    assert!(found.next().is_none(), "{key} twice: {span:#?}");
    first.map(|attribute| &attribute.value)
}

/// An attribute that is a text.
#[track_caller]
pub(crate) fn text(span: &SpanData, key: &str) -> Option<String> {
    attribute(span, key).map(|value| match value {
        Value::String(text) => text.to_string(),
        other => panic!("{key} is no text: {other:?}"),
    })
}

/// An attribute that is a floating-point number.
#[track_caller]
pub(crate) fn float(span: &SpanData, key: &str) -> Option<f64> {
    attribute(span, key).map(|value| match value {
        Value::F64(number) => *number,
        other => panic!("{key} is no floating-point number: {other:?}"),
    })
}

/// An attribute that is a whole number.
#[track_caller]
pub(crate) fn int(span: &SpanData, key: &str) -> Option<i64> {
    attribute(span, key).map(|value| match value {
        Value::I64(number) => *number,
        other => panic!("{key} is no whole number: {other:?}"),
    })
}

#[track_caller]
pub(crate) fn assert_child(span: &SpanData, parent: &SpanContext) {
    assert_eq!(span.parent_span_id, parent.span_id(), "{}: another parent", span.name);
    assert_eq!(span.span_context.trace_id(), parent.trace_id(), "{}: another trace", span.name);
    assert_ne!(parent.trace_id(), TraceId::INVALID);
}

#[track_caller]
pub(crate) fn assert_root(span: &SpanData) {
    assert_eq!(span.parent_span_id, SpanId::INVALID, "{} has a parent: {span:#?}", span.name);
    assert!(span.links.is_empty(), "{} has links: {span:#?}", span.name);
}

/// Receives until the channel is empty and closed, with `handle` as the handler of each message, in a scope.
pub(crate) async fn handle_all<M>(mut receiver: Receiver<M>, mut handle: impl AsyncFnMut(M)) {
    async move {
        while let Some(message) = receiver.recv().await {
            handle(message).await;
        }
    }
    .traced()
    .await;
}

/// Receives what is in the channel, and does nothing with it.
pub(crate) async fn take_all<M>(receiver: Receiver<M>) {
    handle_all(receiver, async |_| ()).await;
}
