//! The recorder that builds each span through a tracer of the provider.

use std::any::Any;
use std::cell::RefCell;

use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, TraceId, Tracer, TracerProvider,
};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::baggage::{self, with_baggage};
use super::context::{from_otel, ids, to_otel};
use super::follow::{Decided, decided};
use crate::context::{SampledContext, TraceContext, TraceFlags};
use crate::record::{Ambient, Attribute, End, NewSpan, Recorder, Span, bounded_text};

/// Records through the tracer provider that the user configured.
#[derive(Debug)]
pub struct ProviderRecorder {
    tracer: SdkTracer,
}

impl ProviderRecorder {
    /// Records through this provider.
    pub fn new(provider: &SdkTracerProvider) -> Self {
        Self { tracer: provider.tracer("traced-actor") }
    }
}

thread_local! {
    /// What `enter` attached, to be detached by `exit`. A guard cannot leave its thread.
    static ENTERED: RefCell<Vec<Attached>> = const { RefCell::new(Vec::new()) };
}

struct Attached {
    context: Option<TraceContext>,
    _guard: ContextGuard,
}

impl Recorder for ProviderRecorder {
    fn start(&self, new: &NewSpan<'_>) -> Option<Box<dyn Span>> {
        let mut attributes = Vec::with_capacity(12);
        new.attributes(&mut |name, value| attributes.push(key_value(name, value)));
        let mut builder = SpanBuilder::from_name(new.name)
            .with_kind(SpanKind::Consumer)
            .with_start_time(new.start)
            .with_attributes(attributes);
        if !new.links.is_empty() {
            let link = |link: &crate::record::Link| Link::with_context(to_otel(&link.context));
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
        // The values of the context that surrounds the loop stay; its span is replaced, and its baggage, where the
        // message came with its own.
        let origin = new.parent.or(new.links.first().map(|link| &link.context));
        let cx = Context::current().with_span(span);
        let cx = with_baggage(cx, origin.and_then(|origin| origin.baggage.as_deref()));
        Some(Box::new(ProviderSpan { context, cx }))
    }

    fn ambient(&self) -> Ambient {
        Context::map_current(|cx| {
            if cx.is_telemetry_suppressed() {
                // An exporter at work: its own traffic is not traced.
                return Ambient::Unsampled;
            }
            if !cx.has_active_span() {
                return Ambient::None;
            }
            let span = cx.span();
            let context = span.span_context();
            if !context.is_valid() {
                Ambient::None
            } else if context.is_sampled() {
                from_otel(context).map_or(Ambient::None, |mut context| {
                    context.context = with_random(context.context);
                    context.baggage = baggage::list(cx);
                    Ambient::Sampled(context)
                })
            } else {
                Ambient::Unsampled
            }
        })
    }

    fn enter(&self, span: Option<&dyn Span>) {
        let span = span.and_then(|span| span.as_any().downcast_ref::<ProviderSpan>());
        attach(span.map_or_else(Context::new, |span| span.cx.clone()), span.map(|span| span.context));
    }

    fn enter_passing(&self, context: &SampledContext) {
        let cx = Context::current().with_remote_span_context(to_otel(context));
        attach(with_baggage(cx, context.baggage.as_deref()), Some(context.context));
    }

    fn exit(&self) {
        // The guard is dropped after the borrow: detaching may run a `Drop` of the user's.
        let attached = ENTERED.try_with(|entered| entered.borrow_mut().pop());
        drop(attached);
    }
}

fn attach(cx: Context, context: Option<TraceContext>) {
    let attached = Attached { context, _guard: cx.attach() };
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(attached));
}

/// `context` of OpenTelemetry with the random flag, if it belongs to the trace of what this thread is handling and
/// that has it: the SDK does not set the flag on a root, and so not on what nests below.
pub(super) fn with_random(context: TraceContext) -> TraceContext {
    let is_random = |of: TraceContext| of.trace_id == context.trace_id && of.flags.is_random();
    let known = ENTERED
        .try_with(|entered| entered.borrow().last().and_then(|last| last.context).is_some_and(is_random));
    match known {
        Ok(true) => TraceContext { flags: context.flags.union(TraceFlags::RANDOM), ..context },
        _ => context,
    }
}

struct ProviderSpan {
    context: TraceContext,
    cx: Context,
}

impl Span for ProviderSpan {
    fn context(&self) -> TraceContext {
        self.context
    }

    fn finish(&self, end: &End<'_>) {
        let span = self.cx.span();
        end.attributes(&mut |name, value| span.set_attribute(key_value(name, value)));
        if let Some(failure) = &end.failure {
            let description = failure.description.map(|words| bounded_text(&words));
            span.set_status(Status::error(description.unwrap_or_default()));
        }
        span.end_with_timestamp(end.at.into());
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn key_value(name: &'static str, value: Attribute<'_>) -> KeyValue {
    match value {
        Attribute::Bool(value) => KeyValue::new(name, value),
        Attribute::Int(value) => KeyValue::new(name, value),
        Attribute::Float(value) => KeyValue::new(name, value),
        Attribute::Str(value) => KeyValue::new(name, value.to_owned()),
    }
}
