//! Wraps any recorder, and makes its spans OpenTelemetry's current ones.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{self as otel, SpanContext, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue, Value};

use super::baggage::{self, with_baggage};
use super::context::to_otel;
use super::current::{Current, attach};
use super::finished::{self, interned};
use traced_actor::context::{SampledContext, Timestamp, TraceContext};
use traced_actor::record::{
    Attribute, ContextBridge, CurrentContext, Failure, OpenSpan, Recorder, Span, SpanEnd, SpanStart,
};

/// A recorder that does not know OpenTelemetry, whose spans are made OpenTelemetry's current ones.
///
/// The span of a message is OpenTelemetry's current span while the message is handled. Spans that `tracing`, reqwest,
/// sqlx or tonic record in a handler become children of the message's span. If the message is recorded without being
/// sampled, their parent is unsampled, and a sampler that follows the parent drops them.
///
/// In a handler, `Context::current().span()` accepts attributes, a name, events without attributes, and an error. It
/// does not accept links.
///
/// A sampled message costs three more allocations. An unsampled one costs one allocation for each poll of its handler.
#[derive(Debug, Clone, Copy)]
pub struct Connected<R>(R);

impl<R: Recorder> Connected<R> {
    /// Wraps a recorder.
    pub const fn new(recorder: R) -> Self {
        Self(recorder)
    }
}

impl<R: Recorder> Recorder for Connected<R> {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let open = self.0.start(new)?;
        let context = open.context();
        if !context.flags.is_sampled() {
            return Some(open);
        }
        let inner = Arc::new(open);
        let mut of = SampledContext::new(context);
        of.tracestate = new.parent.and_then(|parent| parent.tracestate.clone());
        of.probability = new.probability;
        let span = Forwarding { span_context: to_otel(&of), inner: inner.clone() };
        let cx = with_baggage(Context::current().with_span(span), baggage::of_message(new));
        for KeyValue { key, value, .. } in baggage::attributes_of_message(new) {
            inner.span().set_attribute(context, interned(key.as_str()), Attribute::Str(&value.as_str()));
        }
        Some(OpenSpan::new(context, ConnectedSpan { cx, inner }))
    }

    fn bridge(&self) -> Option<&dyn ContextBridge> {
        Some(&ConnectedSpans)
    }

    fn now(&self) -> Option<Timestamp> {
        self.0.now()
    }

    fn records_all(&self) -> bool {
        self.0.records_all()
    }

    fn samples_roots(&self) -> bool {
        self.0.samples_roots()
    }

    fn drop_reason(&self) -> &'static str {
        self.0.drop_reason()
    }
}

/// OpenTelemetry's current context, for recorders in [`Connected`].
struct ConnectedSpans;

impl ContextBridge for ConnectedSpans {
    fn enter(&self, context: Option<&SampledContext>, span: Option<&OpenSpan>) {
        let Some(span) = span else { return Current.enter(context, None) };
        let cx = match span.span().as_any().downcast_ref::<ConnectedSpan>() {
            Some(connected) => connected.cx.clone(),
            // Others see that a decision was made, and which trace it is.
            None => {
                Context::current().with_remote_span_context(to_otel(&SampledContext::new(span.context())))
            }
        };
        attach(cx, Some(span.context()));
    }

    fn exit(&self) -> bool {
        Current.exit()
    }

    fn current_context(&self, known: Option<TraceContext>) -> Option<CurrentContext> {
        Current.current_context(known)
    }
}

/// A sampled span with the context that is current while its message is handled.
struct ConnectedSpan {
    cx: Context,
    inner: Arc<OpenSpan>,
}

impl Span for ConnectedSpan {
    fn finish(&self, context: TraceContext, end: &SpanEnd<'_>) {
        self.inner.span().finish(context, end);
    }

    fn set_attribute(&self, context: TraceContext, name: &'static str, value: Attribute<'_>) {
        self.inner.span().set_attribute(context, name, value);
    }

    fn add_event(&self, context: TraceContext, name: &'static str, at: Timestamp) {
        self.inner.span().add_event(context, name, at);
    }

    fn rename(&self, context: TraceContext, name: &'static str, actor: &'static str) {
        self.inner.span().rename(context, name, actor);
    }

    fn update_name(&self, context: TraceContext, name: &str) {
        self.inner.span().update_name(context, name);
    }

    fn record_error(&self, context: TraceContext, failure: &Failure<'_>) {
        self.inner.span().record_error(context, failure);
    }

    fn discard(&self, context: TraceContext) -> bool {
        self.inner.span().discard(context)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The span of a message for OpenTelemetry's API. It ends with the message.
struct Forwarding {
    span_context: SpanContext,
    inner: Arc<OpenSpan>,
}

impl otel::Span for Forwarding {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, _: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let at = finished::timestamp(timestamp);
        self.inner.span().add_event(self.inner.context(), interned(&name.into()), at);
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        true
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        let text;
        let value = match &attribute.value {
            Value::Bool(value) => Attribute::Bool(*value),
            Value::I64(value) => Attribute::Int(*value),
            Value::F64(value) => Attribute::Float(*value),
            other => {
                text = other.as_str();
                Attribute::Str(&text)
            }
        };
        self.inner.span().set_attribute(self.inner.context(), interned(attribute.key.as_str()), value);
    }

    fn set_status(&mut self, status: Status) {
        if let Status::Error { description } = status {
            // The conventions' value for an error whose type is not known.
            self.inner.span().record_error(self.inner.context(), &Failure::new("_OTHER", Some(&description)));
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.inner.span().update_name(self.inner.context(), &new_name.into());
    }

    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {}

    fn end_with_timestamp(&mut self, _: SystemTime) {}
}
