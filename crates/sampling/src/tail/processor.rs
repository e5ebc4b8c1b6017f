//! Local tail sampling for OpenTelemetry's spans, from any source: a processor in front of another one.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::trace::{Span as _, Status};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::clock::Clock;
use traced_actor::context::TraceId;

use super::span::WARNING_ATTRIBUTE;
use super::{Tail, TailOptions, TailSpan};

/// A span processor that passes on the spans of the traces that a [`Tail`] keeps, and drops the others.
///
/// Add it to the provider in place of the processor that it wraps. See the [module](super). It sees every span of the
/// provider: those of messages, and those that `tracing`, reqwest or sqlx record below them. Spans keep their ids and
/// times.
///
/// A flush and a shutdown of the provider decide about all traces that are held.
///
/// ```no_run
/// use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
/// use traced_actor_sampling::tail::{TailOptions, TailProcessor};
///
/// # #[derive(Debug)]
/// # struct Exporter;
/// # impl opentelemetry_sdk::trace::SpanExporter for Exporter {
/// #     async fn export(
/// #         &self,
/// #         _: Vec<opentelemetry_sdk::trace::SpanData>,
/// #     ) -> opentelemetry_sdk::error::OTelSdkResult {
/// #         Ok(())
/// #     }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let exporter = Exporter;
/// let batch = BatchSpanProcessor::builder(exporter).build();
/// let processor = TailProcessor::new(TailOptions::default(), batch)?;
/// let tail = processor.tail(); // for its counters
/// let provider = traced_actor_opentelemetry::install(SdkTracerProvider::builder().with_span_processor(processor))?;
/// # Ok(())
/// # }
/// ```
pub struct TailProcessor<P> {
    tail: Tail<SpanData>,
    next: Arc<RwLock<P>>,
}

impl<P: SpanProcessor + 'static> TailProcessor<P> {
    /// Creates a processor that passes kept spans to `next`.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread.
    pub fn new(options: TailOptions, next: P) -> io::Result<Self> {
        let next = Arc::new(RwLock::new(next));
        Ok(Self { tail: Tail::new(options, hand_to(&next))?, next })
    }

    /// Creates a processor with this clock and without a thread, like [`Tail::with_clock`].
    pub fn with_clock(options: TailOptions, clock: impl Clock + 'static, next: P) -> Self {
        let next = Arc::new(RwLock::new(next));
        Self { tail: Tail::with_clock(options, clock, hand_to(&next)), next }
    }

    /// Returns the tail, for its counters.
    pub fn tail(&self) -> Tail<SpanData> {
        self.tail.clone()
    }

    fn next<T>(&self, ask: impl FnOnce(&P) -> T) -> T {
        ask(&self.next.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Passes spans to the next processor. The lock is taken for writing only while the provider is built.
fn hand_to<P: SpanProcessor + 'static>(next: &Arc<RwLock<P>>) -> impl Fn(SpanData) + Send + Sync + 'static {
    let next = next.clone();
    move |span| next.read().unwrap_or_else(PoisonError::into_inner).on_end(span)
}

impl<P: SpanProcessor + 'static> SpanProcessor for TailProcessor<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if let Some(trace) = trace_id(span.span_context().trace_id()) {
            self.tail.started(trace);
        }
        self.next(|next| next.on_start(span, cx));
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_valid() {
            self.tail.finished(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.tail.flush();
        self.next(SpanProcessor::force_flush)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.tail.flush();
        self.next(|next| next.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.write().unwrap_or_else(PoisonError::into_inner).set_resource(resource);
    }
}

impl<P> fmt::Debug for TailProcessor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TailProcessor")
    }
}

/// Converts a trace id. Returns `None` for an invalid one.
fn trace_id(id: opentelemetry::TraceId) -> Option<TraceId> {
    TraceId::from_bytes(id.to_bytes())
}

impl TailSpan for SpanData {
    fn trace_id(&self) -> TraceId {
        // An invalid id is never given to a tail. If it were, all such spans would be one trace.
        let id = self.span_context.trace_id();
        trace_id(id).or(TraceId::new(u128::MAX)).expect("the greatest id is not zero")
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn duration(&self) -> Duration {
        self.end_time.duration_since(self.start_time).unwrap_or_default()
    }

    fn is_failed(&self) -> bool {
        matches!(self.status, Status::Error { .. })
    }

    /// Returns whether it is marked, or has an event of `tracing-opentelemetry` with such a level.
    fn is_warned(&self) -> bool {
        let has_level = |attribute: &KeyValue| {
            attribute.key.as_str() == "level" && matches!(&*attribute.value.as_str(), "WARN" | "ERROR")
        };
        self.attributes.iter().any(|attribute| attribute.key.as_str() == WARNING_ATTRIBUTE)
            || self.events.iter().any(|event| event.attributes.iter().any(has_level))
    }

    fn bytes(&self) -> usize {
        let attributes = |list: &[KeyValue]| -> usize {
            let text = |value: &Value| match value {
                Value::String(text) => text.as_str().len(),
                Value::Array(list) => list.to_string().len(),
                _ => 0,
            };
            list.iter().map(|each| size_of::<KeyValue>() + each.key.as_str().len() + text(&each.value)).sum()
        };
        let events = self
            .events
            .iter()
            .map(|event| size_of_val(event) + event.name.len() + attributes(&event.attributes));
        let links = self.links.iter().map(|link| size_of_val(link) + attributes(&link.attributes));
        size_of::<Self>()
            + self.name.len()
            + attributes(&self.attributes)
            + events.sum::<usize>()
            + links.sum::<usize>()
    }

    fn kept(&mut self, reason: &'static str, chance: f64) {
        for attribute in &mut self.attributes {
            match (attribute.key.as_str(), &mut attribute.value) {
                ("sampling.reason", value) => *value = reason.into(),
                ("sampling.probability", Value::F64(probability)) => *probability *= chance,
                _ => {}
            }
        }
    }
}
