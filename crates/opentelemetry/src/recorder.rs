//! The recorder that builds each span through a tracer of the provider.

use opentelemetry::Context;
use opentelemetry::trace::{Link, SpanBuilder, TraceContextExt, TraceId, Tracer, TracerProvider};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::baggage::add_of_message;
use super::context::{ids, kind_to_otel, to_otel};
use super::current::{Current, RecordedSpan, key_value};
use super::follow::Decided;
use traced_actor::TraceFlags;
use traced_actor::record::{self, ContextBridge, OpenSpan, Recorder, SpanStart};

/// The instrumentation scope of messages' spans.
pub(super) const SCOPE: &str = "traced-actor";

/// Records spans through the tracer provider that you configured.
#[derive(Debug)]
pub struct ProviderRecorder {
    tracer: SdkTracer,
}

impl ProviderRecorder {
    /// Creates a recorder that records spans through this provider.
    pub fn new(provider: &SdkTracerProvider) -> Self {
        Self { tracer: provider.tracer(SCOPE) }
    }
}

impl Recorder for ProviderRecorder {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let mut attributes = Vec::with_capacity(12);
        new.attributes(|name, value| attributes.push(key_value(name, value)));
        add_of_message(new, &mut attributes);
        // Accesses the fields directly, because the methods, like a closure, would move the span.
        let mut builder = SpanBuilder::from_name(new.name);
        builder.span_kind = Some(kind_to_otel(new.span_kind));
        builder.start_time = Some(new.start.into());
        builder.attributes = Some(attributes);
        if !new.links.is_empty() {
            let link = |link: &record::Link| Link::with_context(to_otel(&link.context));
            builder.links = Some(new.links.iter().map(link).collect());
        }
        let (parent, root) = match new.parent {
            Some(context) => (Context::new().with_remote_span_context(to_otel(context)), None),
            None => (Context::new(), Some(TraceId::from_bytes(new.trace_id.to_bytes()))),
        };
        let decided = Decided { root, probability: new.probability }.enter();
        let cx = Context::current().with_span(self.tracer.build_with_context(builder, &parent));
        drop(decided);
        let mut context = ids(cx.span().span_context())?;
        if !context.flags.is_sampled() {
            return None;
        }
        if context.trace_id == new.trace_id && new.parent.is_none() {
            // Our own id is random. The SDK does not set the flag on a root.
            context.flags = context.flags.union(TraceFlags::RANDOM);
        }
        Some(OpenSpan::new(context, RecordedSpan::new(cx, new)))
    }

    /// Returns `true`, because the provider's sampler makes the final decision about each root.
    fn samples_roots(&self) -> bool {
        true
    }

    fn bridge(&self) -> Option<&dyn ContextBridge> {
        Some(&Current)
    }
}
