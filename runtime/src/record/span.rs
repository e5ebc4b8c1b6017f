//! The recorder's side of a span: changes while it is open, and the data of its end.

use std::fmt;
use std::time::Duration;

use super::field::{Attribute, bounded_text, int};
use crate::context::{Timestamp, TraceContext};

/// The recorder's side of its open spans.
///
/// Each method gets the context that the span was started with. A recorder that needs no other state for a span can
/// share one value among many spans ([`OpenSpan::shared`]). Starting such a span allocates nothing.
pub trait Span: Send + Sync {
    /// Ends the span. Called exactly once.
    fn finish(&self, context: TraceContext, end: &SpanEnd<'_>);

    /// Adds an attribute while the message is being handled.
    fn set_attribute(&self, context: TraceContext, name: &'static str, value: Attribute<'_>) {
        let _ = (context, name, value);
    }

    /// Adds an event with this time.
    fn add_event(&self, context: TraceContext, name: &'static str, at: Timestamp) {
        let _ = (context, name, at);
    }

    /// Renames the span after the handler's actor, if the receive did not know it. `name` is `Actor/Kind`.
    fn rename(&self, context: TraceContext, name: &'static str, actor: &'static str) {
        let _ = (context, name, actor);
    }

    /// Changes the name of the span.
    fn update_name(&self, context: TraceContext, name: &str) {
        let _ = (context, name);
    }

    /// Marks the span as failed, even if it ends without a failure.
    fn record_error(&self, context: TraceContext, failure: &Failure<'_>) {
        let _ = (context, failure);
    }

    /// Discards the span, as if it had never started. Returns whether that was possible.
    ///
    /// Called when the message is stashed. If the result is `false`, the span is ended instead.
    fn discard(&self, context: TraceContext) -> bool {
        let _ = context;
        false
    }

    /// Returns the span as `Any`, so that [`ContextBridge::enter`](super::ContextBridge::enter) can downcast it.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A span that a recorder has started.
pub struct OpenSpan {
    context: TraceContext,
    span: Held,
}

enum Held {
    Own(Box<dyn Span>),
    Shared(&'static dyn Span),
}

impl OpenSpan {
    /// Creates a span with its own state.
    pub fn new(context: TraceContext, span: impl Span + 'static) -> Self {
        Self { context, span: Held::Own(Box::new(span)) }
    }

    /// Creates a span whose state is shared with other spans. Does not allocate.
    pub const fn shared(context: TraceContext, span: &'static dyn Span) -> Self {
        Self { context, span: Held::Shared(span) }
    }

    /// Returns the identity of the span.
    pub const fn context(&self) -> TraceContext {
        self.context
    }

    /// Returns the recorder's side of the span.
    pub fn span(&self) -> &dyn Span {
        match &self.span {
            Held::Own(span) => &**span,
            Held::Shared(span) => *span,
        }
    }
}

impl fmt::Debug for OpenSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSpan").field("context", &self.context).finish_non_exhaustive()
    }
}

/// The data of a span at its end.
#[derive(Debug)]
#[non_exhaustive]
pub struct SpanEnd<'a> {
    /// The time at which the span started.
    pub start: Timestamp,
    /// The time at which the span ended.
    pub at: Timestamp,
    /// The failure, if the span failed.
    pub failure: Option<Failure<'a>>,
    /// The outcome of the fan-outs under this span, if there were any.
    pub fanout: Option<FanoutSummary>,
}

/// The outcome of all fan-outs under one span, including unsampled messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FanoutSummary {
    /// The number of recipients.
    pub size: u64,
    /// The number of recipients whose messages are traced.
    pub selected: u64,
    /// The number of sends that failed because the recipient was closed, had no room, or the send was cancelled or
    /// timed out.
    pub errors: u64,
    /// The shortest wait of a send for room in the recipient's mailbox. Zero if there was room at once.
    pub wait_min: Duration,
    /// The longest wait of a send for room in the recipient's mailbox.
    pub wait_max: Duration,
}

impl<'a> SpanEnd<'a> {
    pub(crate) fn new(
        start: Timestamp,
        at: Timestamp,
        failure: Option<Failure<'a>>,
        fanout: Option<FanoutSummary>,
    ) -> Self {
        Self { start, at, failure, fanout }
    }

    /// Visits the attributes that are known only at the end of the span.
    #[inline]
    pub fn attributes(&self, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
        if let Some(failure) = &self.failure {
            visit("error.type", Attribute::Static(failure.error_type));
        }
        if let Some(FanoutSummary { size, selected, errors, wait_min, wait_max }) = self.fanout {
            visit("sampling.fanout.size", Attribute::Int(int(size)));
            visit("sampling.fanout.selected", Attribute::Int(int(selected)));
            visit("sampling.fanout.errors", Attribute::Int(int(errors)));
            visit("sampling.fanout.wait.min", Attribute::Float(wait_min.as_secs_f64()));
            visit("sampling.fanout.wait.max", Attribute::Float(wait_max.as_secs_f64()));
        }
    }
}

/// The reason why a span has status Error.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Failure<'a> {
    /// OpenTelemetry's `error.type`: the type of the error, `panic`, or `cancelled`.
    pub error_type: &'static str,
    /// The text of the error.
    pub description: Option<ErrorText<'a>>,
}

/// The text of an error: its `Display`, or its `Debug` if it has no `Display`.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ErrorText<'a> {
    /// The error's `Display`.
    Display(&'a dyn fmt::Display),
    /// The error's `Debug`.
    Debug(&'a dyn fmt::Debug),
}

impl ErrorText<'_> {
    /// Returns the text, truncated to [`MAX_VALUE_BYTES`](super::field::MAX_VALUE_BYTES). Formatting stops there.
    pub fn bounded(&self) -> String {
        bounded_text(self)
    }
}

impl fmt::Debug for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorText({self})")
    }
}

impl fmt::Display for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Display(error) => error.fmt(f),
            Self::Debug(error) => error.fmt(f),
        }
    }
}

impl<'a> Failure<'a> {
    /// The failure of a handler that panicked.
    pub const PANIC: Failure<'static> = Failure { error_type: "panic", description: None };
    /// The failure of a handler whose future was dropped before it completed.
    pub const CANCELLED: Failure<'static> = Failure { error_type: "cancelled", description: None };

    /// Returns the reason why a future that is dropped now did not complete.
    pub(crate) fn interruption() -> Failure<'static> {
        if std::thread::panicking() { Self::PANIC } else { Self::CANCELLED }
    }

    /// Creates a failure of this type, described by the error's `Display`.
    pub fn new(error_type: &'static str, description: Option<&'a dyn fmt::Display>) -> Self {
        Self { error_type, description: description.map(ErrorText::Display) }
    }

    /// Creates a failure of this type, described by the error's `Debug`.
    pub fn debug(error_type: &'static str, error: &'a dyn fmt::Debug) -> Self {
        Self { error_type, description: Some(ErrorText::Debug(error)) }
    }
}

impl fmt::Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({}", self.error_type)?;
        if let Some(description) = self.description {
            write!(f, ": {description}")?;
        }
        f.write_str(")")
    }
}
