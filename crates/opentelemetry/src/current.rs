//! Connects OpenTelemetry's current context in both directions: sends continue it, and handled messages set it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::baggage::{self, with_baggage};
use super::context::{from_otel, to_otel};
use traced_actor::context::{SampledContext, Timestamp, TraceContext, TraceFlags};
use traced_actor::record::{
    Attribute, ContextBridge, CurrentContext, Failure, OpenSpan, Span, SpanEnd, SpanStart,
};

/// The attributes that contain the actor's name.
pub(crate) const NAMES_OF_ACTOR: [&str; 2] = ["messaging.destination.name", "actor.name"];

/// OpenTelemetry's current context: the bridge of both recorders.
pub(super) struct Current;

thread_local! {
    /// The contexts that `enter` attached and `exit` will detach. A guard cannot leave its thread.
    static ENTERED: RefCell<Vec<Attached>> = const { RefCell::new(Vec::new()) };
}

struct Attached {
    context: Option<TraceContext>,
    /// The address of the context's baggage, to notice when another one is set.
    baggage: *const Baggage,
    /// The guard, or `None` if the current context could not be replaced.
    guard: Option<ContextGuard>,
}

impl ContextBridge for Current {
    fn current_context(&self, known: Option<TraceContext>) -> Option<CurrentContext> {
        if known.is_some_and(is_current) {
            return None;
        }
        let context = Context::map_current(|cx| {
            if cx.is_telemetry_suppressed() {
                // An exporter is working, and its own requests are not traced.
                return CurrentContext::Unsampled;
            }
            if !cx.has_active_span() {
                return CurrentContext::None;
            }
            let span = cx.span();
            let context = span.span_context();
            if !context.is_valid() {
                CurrentContext::None
            } else if context.is_sampled() {
                from_otel(context).map_or(CurrentContext::None, |mut context| {
                    context.context = with_random(context.context);
                    context.baggage = baggage::list(cx);
                    CurrentContext::Sampled(context)
                })
            } else {
                CurrentContext::Unsampled
            }
        });
        Some(context)
    }

    fn enter(&self, context: Option<&SampledContext>, span: Option<&OpenSpan>) {
        let Some(context) = context else { return attach(Context::new(), None) };
        let cx = if let Some(span) = span {
            let recorded = span.span().as_any().downcast_ref::<RecordedSpan>();
            recorded.map(|recorded| recorded.cx.clone()).unwrap_or_default()
        } else {
            let around = Context::current();
            // A future root has no span yet that could be a parent.
            let cx = if context.is_root { around } else { around.with_remote_span_context(to_otel(context)) };
            with_baggage(cx, context.baggage.as_deref())
        };
        attach(cx, Some(context.context));
    }

    /// Undoes the thread's latest `enter`.
    ///
    /// Does nothing while OpenTelemetry has lent its current context (`get_active_span`). Dropping the guard would then
    /// panic, and its context would stay attached forever.
    fn exit(&self) -> bool {
        let is_attached = |entered: &RefCell<Vec<Attached>>| {
            entered.borrow().last().is_some_and(|last| last.guard.is_some())
        };
        if ENTERED.try_with(is_attached) == Ok(true) && !can_attach() {
            return false;
        }
        // The guard is dropped after the borrow, because detaching may run a `Drop` of the user.
        let attached = ENTERED.try_with(|entered| entered.borrow_mut().pop());
        drop(attached);
        true
    }
}

/// Returns whether this span is OpenTelemetry's current one.
fn is_current(span: TraceContext) -> bool {
    Context::map_current(|cx| {
        let current = cx.span();
        let current = current.span_context();
        current.span_id().to_bytes() == span.span_id.to_bytes()
            && current.trace_id().to_bytes() == span.trace_id.to_bytes()
            && !cx.is_telemetry_suppressed()
            && has_attached_baggage(cx)
    })
}

/// Returns whether OpenTelemetry's current context can be changed now.
fn can_attach() -> bool {
    catch_unwind(|| drop(Context::new().attach())).is_ok()
}

/// Returns whether the baggage of `cx` is still the one that this thread's latest `enter` attached.
fn has_attached_baggage(cx: &Context) -> bool {
    let is_same = |last: &Attached| std::ptr::eq(last.baggage, cx.baggage());
    ENTERED.try_with(|entered| entered.borrow().last().is_none_or(is_same)) != Ok(false)
}

/// Makes the context of a message current until it is left.
pub(super) fn attach(cx: Context, context: Option<TraceContext>) {
    let baggage: *const Baggage = cx.baggage();
    let guard = catch_unwind(AssertUnwindSafe(|| cx.attach())).ok();
    let attached = Attached { context, baggage, guard };
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(attached));
}

/// Returns OpenTelemetry's `context`, with the random flag if the handled trace has it.
///
/// The SDK does not set the flag on a root, and so not on its descendants.
pub(super) fn with_random(context: TraceContext) -> TraceContext {
    let is_random = |of: TraceContext| of.trace_id == context.trace_id && of.flags.is_random();
    let known = ENTERED
        .try_with(|entered| entered.borrow().last().and_then(|last| last.context).is_some_and(is_random));
    match known {
        Ok(true) => TraceContext { flags: context.flags.union(TraceFlags::RANDOM), ..context },
        _ => context,
    }
}

thread_local! {
    /// True while a span that ends on this thread is to be discarded.
    static DISCARDING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether the span that ends on this thread now is to be dropped.
pub(super) fn is_discarding() -> bool {
    DISCARDING.get()
}

/// The span of a message, from any library, in the context that is current while the message is handled.
pub(super) struct RecordedSpan {
    cx: Context,
    /// Whether its end checks [`is_discarding`].
    can_be_discarded: bool,
}

impl RecordedSpan {
    /// Wraps the span that was started for `new` and is current in `cx`.
    ///
    /// The values of the surrounding context are kept. Its span is replaced, and so is its baggage if the message came
    /// with its own.
    pub(super) fn new(cx: Context, new: &SpanStart<'_>) -> Self {
        let cx = with_baggage(cx, baggage::of_message(new));
        Self { cx, can_be_discarded: false }
    }

    /// Makes its end check [`is_discarding`].
    pub(super) fn discardable(mut self) -> Self {
        self.can_be_discarded = true;
        self
    }
}

impl Span for RecordedSpan {
    fn finish(&self, _: TraceContext, end: &SpanEnd<'_>) {
        let span = self.cx.span();
        end.attributes(|name, value| span.set_attribute(key_value(name, value)));
        if let Some(failure) = &end.failure {
            span.set_status(status(failure));
        }
        span.end_with_timestamp(end.at.into());
    }

    fn set_attribute(&self, _: TraceContext, name: &'static str, value: Attribute<'_>) {
        self.cx.span().set_attribute(key_value(name, value));
    }

    fn rename(&self, _: TraceContext, name: &'static str, actor: &'static str) {
        let span = self.cx.span();
        span.update_name(name);
        for key in NAMES_OF_ACTOR {
            span.set_attribute(KeyValue::new(key, actor));
        }
    }

    fn update_name(&self, _: TraceContext, name: &str) {
        self.cx.span().update_name(name.to_owned());
    }

    fn add_event(&self, _: TraceContext, name: &'static str, at: Timestamp) {
        self.cx.span().add_event_with_timestamp(name, at.into(), Vec::new());
    }

    fn record_error(&self, _: TraceContext, failure: &Failure<'_>) {
        let span = self.cx.span();
        span.set_attribute(KeyValue::new("error.type", failure.error_type));
        span.set_status(status(failure));
    }

    fn discard(&self, _: TraceContext) -> bool {
        if self.can_be_discarded {
            DISCARDING.set(true);
            self.cx.span().end();
            DISCARDING.set(false);
        }
        self.can_be_discarded
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn status(failure: &Failure<'_>) -> Status {
    Status::error(failure.description.map(|words| words.bounded()).unwrap_or_default())
}

#[inline]
pub(super) fn key_value(name: &'static str, value: Attribute<'_>) -> KeyValue {
    match value {
        Attribute::Bool(value) => KeyValue::new(name, value),
        Attribute::Int(value) => KeyValue::new(name, value),
        Attribute::Float(value) => KeyValue::new(name, value),
        Attribute::Str(value) => KeyValue::new(name, value.to_owned()),
        Attribute::Static(value) => KeyValue::new(name, value),
        // A kind of value that is newer than this crate.
        other => KeyValue::new(name, format!("{other:?}")),
    }
}
