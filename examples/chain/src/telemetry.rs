//! The telemetry of a process of the chain: spans through OpenTelemetry's SDK, and a log whose lines have the ids of
//! their trace.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use traced_actor_example_shared::node::Node;
use traced_actor_opentelemetry::finished_span;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use crate::Failure;
use crate::settings::Role;

/// Records the spans of this process, from actors and from `tracing`, and writes its log.
pub(crate) fn start(node: &Node, role: Role, logs: &Path) -> Result<SdkTracerProvider, Failure> {
    // In a service of your own: `.with_span_processor(BatchProcessor::new(exporter))`.
    let builder = SdkTracerProvider::builder().with_span_processor(Collected(node.clone()));
    let provider = traced_actor_opentelemetry::install(builder)?;
    // sqlx's spans come from `tracing`.
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("chain"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    let file = File::create(logs.join(format!("{role}.log")))?;
    let lines =
        tracing_subscriber::fmt::layer().event_format(WithIds).with_ansi(false).with_writer(Mutex::new(file));
    let subscriber =
        tracing_subscriber::registry().with(spans.and_then(lines).with_filter(LevelFilter::INFO));
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(provider)
}

/// Passes each span to the story, in place of an exporter.
#[derive(Debug)]
struct Collected(Node);

impl SpanProcessor for Collected {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if let Some(span) = finished_span(&span) {
            self.0.span(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Formats a line with the ids of its trace and span, if there are any.
struct WithIds;

impl<S, N> FormatEvent<S, N> for WithIds
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, cx: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut out)?;
        write!(out, " {} ", event.metadata().level())?;
        // A message's span is also OpenTelemetry's current span, and so are the spans that `tracing` makes below it.
        let context = Context::map_current(|context| context.span().span_context().clone());
        if context.is_valid() {
            write!(out, "trace_id={} span_id={} ", context.trace_id(), context.span_id())?;
        }
        cx.format_fields(out.by_ref(), event)?;
        writeln!(out)
    }
}
