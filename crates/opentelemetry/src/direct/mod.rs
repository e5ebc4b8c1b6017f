//! The recorder that passes finished spans directly to a span processor.

mod limits;
mod shared;
mod span;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::trace::{self as otel, SpanContext, Status, TraceContextExt, TraceState};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span as SdkSpan, SpanData, SpanEvents, SpanLimits, SpanLinks, SpanProcessor};

pub(crate) use self::limits::Limits;
use self::limits::keep_first;
use self::shared::Shared;
use self::span::{DirectSpan, Open};
use super::baggage::add_of_message;
use super::context::{self, kind_to_otel, to_otel};
use super::current::{Current, RecordedSpan, key_value};
use super::follow::weighted;
use super::recorder::SCOPE;
use traced_actor::context::{TraceContext, TraceFlags, new_span_id};
use traced_actor::record::{ContextBridge, OpenSpan, Recorder, SpanStart};

/// Passes the finished span of each message directly to a span processor, which costs less than a tracer.
///
/// ```
/// use opentelemetry_sdk::Resource;
/// use opentelemetry_sdk::trace::BatchSpanProcessor;
/// use traced_actor_opentelemetry::{DirectRecorder, install_direct};
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
/// # fn main() -> Result<(), traced_actor_opentelemetry::InstallError> {
/// # let exporter = Exporter;
/// let direct = DirectRecorder::builder(BatchSpanProcessor::builder(exporter).build())
///     .resource(Resource::builder().with_service_name("guild").build())
///     .build();
/// let provider = install_direct(&direct)?;
/// // … run …
/// provider.shutdown().ok();
/// assert_eq!(direct.dropped().spans, 0);
/// # Ok(())
/// # }
/// ```
///
/// This recorder does the work of a provider: it applies the resource, the instrumentation scope, the limits and the
/// sampled flag. As with the provider, a message's span is OpenTelemetry's current span while the message is handled.
/// In the handler, `Context::current().span()` accepts attributes, events, links and a status.
///
/// # Limitations
///
/// * The processor's `on_start` is not called for messages, because only the SDK can make the span that `on_start`
///   receives. A processor that adds attributes in `on_start` (from baggage, for example), or that lists open spans,
///   needs the provider.
/// * There is one processor. For several, write a processor that forwards to each of them.
/// * The sampler and the id generator of the provider are not used. The samplers are those of
///   [`sampling`](traced_actor::sampling), and ids are random.
///
/// `DirectRecorder` is also a [`SpanProcessor`] that forwards the spans it receives, so that a provider's spans take the same
/// path as the spans of messages ([`install_direct`](super::install_direct) builds such a provider). Its resource is
/// the one it was built with.
///
/// Clones share one recorder.
#[derive(Clone)]
pub struct DirectRecorder(Arc<Shared>);

/// The numbers of spans and of their parts that a [`DirectRecorder`] has dropped so far.
///
/// Spans that the processor drops later, because its queue is full, are not included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DropCounts {
    /// Spans that were still open when the recorder was shut down.
    pub spans: u64,
    /// Attributes beyond the limit of their finished span.
    pub attributes: u64,
    /// Events beyond the limit of their finished span.
    pub events: u64,
    /// Links beyond the limit of their finished span.
    pub links: u64,
}

/// Builds a [`DirectRecorder`].
#[must_use = "nothing is recorded before the recorder is built and installed"]
pub struct DirectRecorderBuilder {
    processor: Box<dyn SpanProcessor>,
    resource: Option<Resource>,
    scope: InstrumentationScope,
    limits: Limits,
}

impl DirectRecorder {
    /// Creates a recorder for this processor, with the defaults of [`builder`](Self::builder).
    pub fn new(processor: impl SpanProcessor + 'static) -> Self {
        Self::builder(processor).build()
    }

    /// Returns a builder of a recorder for this processor.
    ///
    /// The defaults are:
    ///
    /// * the SDK's default resource (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`);
    /// * the instrumentation scope `traced-actor`;
    /// * the limits of [the environment][env]: `OTEL_SPAN_{ATTRIBUTE,EVENT,LINK}_COUNT_LIMIT`,
    ///   `OTEL_{EVENT,LINK}_ATTRIBUTE_COUNT_LIMIT` and `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`. Where one of these is
    ///   unset, `OTEL_ATTRIBUTE_{COUNT,VALUE_LENGTH}_LIMIT` applies. The default is 128 of each, without a limit of
    ///   length. As in the SDK, a value that is not a number counts as unset.
    ///
    /// [env]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits
    pub fn builder(processor: impl SpanProcessor + 'static) -> DirectRecorderBuilder {
        DirectRecorderBuilder {
            processor: Box::new(processor),
            resource: None,
            scope: InstrumentationScope::builder(SCOPE).build(),
            limits: Limits::read(|name| std::env::var(name).ok()),
        }
    }

    /// Exports a span that another recorder has created.
    ///
    /// Applies the limits and the instrumentation scope, and hands the span to the processor. After a shutdown, the span is dropped and counted.
    pub fn export(&self, mut span: SpanData) {
        let Shared { limits, scope, .. } = &*self.0;
        let counts = limits.counts;
        span.dropped_attributes_count += limits.apply(&mut span.attributes, counts.max_attributes_per_span);
        span.events.dropped_count += keep_first(&mut span.events.events, counts.max_events_per_span);
        span.links.dropped_count += keep_first(&mut span.links.links, counts.max_links_per_span);
        span.instrumentation_scope = scope.clone();
        let dropped = (span.dropped_attributes_count, span.events.dropped_count, span.links.dropped_count);
        if let Some(processor) = self.0.ending(dropped.0, dropped.1, dropped.2) {
            processor.on_end(span);
        }
    }

    /// Returns the numbers of dropped spans and parts so far. This reads four atomic counters.
    pub fn dropped(&self) -> DropCounts {
        let Shared { spans, attributes, events, links, .. } = &*self.0;
        DropCounts {
            spans: spans.load(Relaxed),
            attributes: attributes.load(Relaxed),
            events: events.load(Relaxed),
            links: links.load(Relaxed),
        }
    }

    pub(super) fn resource(&self) -> &Resource {
        &self.0.resource
    }

    pub(super) fn span_limits(&self) -> SpanLimits {
        self.0.limits.counts
    }
}

impl DirectRecorderBuilder {
    /// Sets the resource of the spans. The processor receives it before the first span.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets the instrumentation scope of the messages' spans.
    pub fn scope(mut self, scope: InstrumentationScope) -> Self {
        self.scope = scope;
        self
    }

    /// Sets the limits on the attributes, events and links of a span, and on the attributes of events and links.
    ///
    /// Data that exceeds a limit is dropped. It is counted in the span and in [`DirectRecorder::dropped`].
    pub fn limits(mut self, limits: SpanLimits) -> Self {
        self.limits.counts = limits;
        self
    }

    /// Sets the maximum length of text attribute values, in characters. Longer texts are cut.
    ///
    /// The limit applies to each text in an array, too. The fields of a message are also limited to
    /// [`MAX_VALUE_BYTES`](traced_actor::field::MAX_VALUE_BYTES).
    pub fn value_length(mut self, characters: usize) -> Self {
        self.limits.value_length = Some(characters);
        self
    }

    /// Builds the recorder.
    pub fn build(self) -> DirectRecorder {
        let Self { mut processor, resource, scope, limits } = self;
        let resource = resource.unwrap_or_else(|| Resource::builder().build());
        processor.set_resource(&resource);
        DirectRecorder(Arc::new(Shared {
            processor,
            resource,
            scope,
            limits,
            is_shut_down: AtomicBool::new(false),
            spans: AtomicU64::new(0),
            attributes: AtomicU64::new(0),
            events: AtomicU64::new(0),
            links: AtomicU64::new(0),
        }))
    }
}

impl Recorder for DirectRecorder {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let shared = &self.0;
        if shared.is_shut_down.load(Relaxed) {
            return None;
        }
        let mut attributes = Vec::with_capacity(12);
        new.attributes(|name, value| attributes.push(key_value(name, value)));
        add_of_message(new, &mut attributes);
        let beyond = shared.limits.apply(&mut attributes, shared.limits.counts.max_attributes_per_span);
        let (ids, trace_state) = identity(new);
        let mut span = DirectSpan {
            span_context: SpanContext::new(
                otel::TraceId::from_bytes(ids.trace_id.to_bytes()),
                otel::SpanId::from_bytes(ids.span_id.to_bytes()),
                otel::TraceFlags::new(ids.flags.bits()),
                false,
                trace_state,
            ),
            shared: shared.clone(),
            open: Some(Open {
                parent_span_id: new.parent.map_or(otel::SpanId::INVALID, |parent| {
                    otel::SpanId::from_bytes(parent.context.span_id.to_bytes())
                }),
                parent_span_is_remote: new.parent.is_some_and(|parent| parent.remote),
                span_kind: kind_to_otel(new.span_kind),
                name: new.name.into(),
                start_time: new.start.into(),
                attributes,
                dropped_attributes_count: beyond,
                status: Status::Unset,
                events: SpanEvents::default(),
                links: SpanLinks::default(),
            }),
        };
        for link in new.links {
            otel::Span::add_link(&mut span, to_otel(&link.context), Vec::new());
        }
        let span = RecordedSpan::new(Context::current().with_span(span), new).discardable();
        Some(OpenSpan::new(ids, span))
    }

    fn bridge(&self) -> Option<&dyn ContextBridge> {
        Some(&Current)
    }
}

/// Returns the identity of a span. It is sampled by its own decision, whatever its parent's flag says.
fn identity(new: &SpanStart<'_>) -> (TraceContext, TraceState) {
    let (trace_id, flags, trace_state) = if let Some(parent) = new.parent {
        (parent.context.trace_id, parent.context.flags, context::trace_state(parent, 0))
    } else {
        // A probability of 1 is omitted, as in all contexts.
        let probability = new.probability.filter(|probability| *probability < 1.0);
        (new.trace_id, TraceFlags::RANDOM, weighted(probability))
    };
    (TraceContext::new(trace_id, new_span_id(), flags.union(TraceFlags::SAMPLED)), trace_state)
}

impl SpanProcessor for DirectRecorder {
    fn on_start(&self, span: &mut SdkSpan, cx: &Context) {
        self.0.processor.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        self.0.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.processor.force_flush()
    }

    /// Shuts the processor down. Later messages are refused, and count as dropped for the reason `recorder`.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.0.is_shut_down.swap(true, Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        self.0.processor.shutdown_with_timeout(timeout)
    }
}

impl fmt::Debug for DirectRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectRecorder").field("processor", &self.0.processor).finish_non_exhaustive()
    }
}

impl fmt::Debug for DirectRecorderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectRecorderBuilder").field("processor", &self.processor).finish_non_exhaustive()
    }
}
