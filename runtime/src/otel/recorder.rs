//! The recorder that builds each span through a tracer of the provider.

use opentelemetry::Context;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanKind, TraceContextExt, TraceId, Tracer, TracerProvider,
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::SCOPE;
use super::context::{ids, to_otel};
use super::current::{self, MessageSpan, key_value};
use super::follow::{Decided, decided};
use crate::context::{SampledContext, TraceContext, TraceFlags};
use crate::record::{self, Ambient, NewSpan, Recorder, Span};

/// Records through the tracer provider that the user configured.
#[derive(Debug)]
pub struct ProviderRecorder {
    tracer: SdkTracer,
}

impl ProviderRecorder {
    /// Records through this provider.
    pub fn new(provider: &SdkTracerProvider) -> Self {
        Self { tracer: provider.tracer(SCOPE) }
    }
}

impl Recorder for ProviderRecorder {
    fn start(&self, new: &NewSpan<'_>) -> Option<Box<dyn Span>> {
        let mut attributes = Vec::with_capacity(12);
        new.attributes(|name, value| attributes.push(key_value(name, value)));
        let mut builder = SpanBuilder::from_name(new.name)
            .with_kind(SpanKind::Consumer)
            .with_start_time(new.start)
            .with_attributes(attributes);
        if !new.links.is_empty() {
            let link = |link: &record::Link| Link::with_context(to_otel(&link.context));
            builder = builder.with_links(new.links.iter().map(link).collect());
        }
        let (parent, root) = match new.parent {
            Some(context) => (Context::new().with_remote_span_context(to_otel(context)), None),
            None => (Context::new(), Some(TraceId::from_bytes(new.trace_id.to_bytes()))),
        };
        let decision = Decided { root, probability: new.probability };
        let span = decided(decision, || self.tracer.build_with_context(builder, &parent));
        if !span.span_context().is_sampled() {
            return None;
        }
        let mut context = ids(span.span_context())?;
        if context.trace_id == new.trace_id && new.parent.is_none() {
            // Our own id, which is random; the SDK's spans of a root have no flag for it.
            context.flags = context.flags.union(TraceFlags::RANDOM);
        }
        Some(Box::new(MessageSpan::new(span, context, new)))
    }

    fn ambient(&self) -> Ambient {
        current::ambient()
    }

    fn enter(&self, span: Option<&dyn Span>) {
        current::enter(span);
    }

    fn enter_passing(&self, context: &SampledContext) {
        current::enter_passing(context);
    }

    fn exit(&self) {
        current::exit();
    }

    fn is_current(&self, span: TraceContext) -> bool {
        current::is_current(span)
    }
}
