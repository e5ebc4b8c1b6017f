//! The trait that exporters implement, and the recorder of the process.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::field::{Attribute, Fields, RecordFields, bounded_text};
use crate::context::{MessageContext, SampledContext, SpanId, SpanKind, Timestamp, TraceContext, TraceId};
use crate::sampling;

/// Receives sampled spans. Implement this trait to export them.
///
/// The methods run on the threads of the actors. They must not block or panic: put the data into a queue and return.
///
/// To get each finished span as plain data, use [`FinishedSpans`](super::FinishedSpans), which has an example.
pub trait Recorder: Send + Sync {
    /// Starts a span. Return `None` to refuse it: the message is then handled unsampled.
    fn start(&self, span: &SpanStart<'_>) -> Option<OpenSpan>;

    /// Returns the current time by the recorder's own clock, or `None` if it has none.
    ///
    /// All times that the recorder is told are then by this clock, and the wall clock is not read. Times must be close to
    /// those of the wall clock, and must never run backwards.
    fn now(&self) -> Option<Timestamp> {
        None
    }

    /// Returns whether the recorder also takes the spans that the sampler drops.
    ///
    /// Called once, when the recorder is installed. If it does, [`SpanStart::sampled`] tells these spans. Their context is
    /// carried as that of a sampled span, without the sampled flag. In the counters they are dropped.
    fn records_all(&self) -> bool {
        false
    }

    /// Returns the reason for which [`start`](Self::start) refuses spans, for the counters. A short word.
    fn drop_reason(&self) -> &'static str {
        "recorder"
    }

    /// Returns the trace context that another library has made current on this thread.
    fn current_context(&self) -> CurrentContext {
        CurrentContext::None
    }

    /// Makes `span` the current span of this thread, or none.
    ///
    /// Calls of `enter` and [`exit`](Self::exit) on a thread are nested.
    fn enter(&self, span: Option<&OpenSpan>) {
        let _ = span;
    }

    /// Makes a message current that has no own span, and whose sends continue this context.
    ///
    /// Counts as an [`enter`](Self::enter). The default implementation enters no span.
    fn enter_passing(&self, context: &SampledContext) {
        let _ = context;
        self.enter(None);
    }

    /// Returns whether the recorder samples roots if no process-wide sampler is set.
    ///
    /// Called once, when the recorder is installed.
    ///
    /// If it does, roots are kept with the reason `recorder` and without a known probability, and
    /// [`start`](Self::start) refuses those that are not to be sampled.
    fn samples_roots(&self) -> bool {
        false
    }

    /// Undoes the latest `enter` of this thread, and returns whether that succeeded.
    ///
    /// Returns `false` while the other library has its current context borrowed. It is then called again later.
    fn exit(&self) -> bool {
        true
    }

    /// Returns whether this span is the other library's current span.
    ///
    /// If it is, a send under the span does not need to call [`current_context`](Self::current_context). Returning
    /// `false` is always correct.
    ///
    /// Implementations must only ask the other library. Receiving a message in here may panic.
    fn is_current(&self, span: TraceContext) -> bool {
        let _ = span;
        false
    }
}

/// The recorder's side of its open spans.
///
/// Each method is told the context that the span was started with. A recorder that needs no more of a span than that can share
/// one value among many spans ([`OpenSpan::shared`]), and needs no allocation for a span.
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
    /// Called when the message is put aside. If the result is `false`, the span is ended instead.
    fn discard(&self, context: TraceContext) -> bool {
        let _ = context;
        false
    }

    /// Returns the span as `Any`, so that [`Recorder::enter`] can downcast it.
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
    /// Creates a span with a state of its own.
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

    /// Returns what the recorder does with it.
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

/// The context that another library has made current.
#[derive(Debug, Clone)]
pub enum CurrentContext {
    /// No context.
    None,
    /// An unsampled context.
    Unsampled,
    /// A sampled context.
    Sampled(SampledContext),
}

/// Which span an [`CurrentContext`] is, or what kind of lack of one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CurrentId {
    None,
    Unsampled,
    Span(TraceId, SpanId),
}

impl CurrentContext {
    pub(crate) fn id(&self) -> CurrentId {
        match self {
            Self::None => CurrentId::None,
            Self::Unsampled => CurrentId::Unsampled,
            Self::Sampled(SampledContext { context, .. }) => {
                CurrentId::Span(context.trace_id, context.span_id)
            }
        }
    }
}

impl From<CurrentContext> for MessageContext {
    fn from(ambient: CurrentContext) -> Self {
        match ambient {
            CurrentContext::None => Self::ABSENT,
            CurrentContext::Unsampled => Self::UNSAMPLED,
            CurrentContext::Sampled(context) => Self::sampled(context),
        }
    }
}

/// A link of a span to the sender of a message that is not its parent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Link {
    /// The sender's context.
    pub context: SampledContext,
}

/// The data of a span at its start.
#[non_exhaustive]
pub struct SpanStart<'a> {
    /// The span's name: `Actor/Kind`, or the name of an [operation](crate::Kind::operation).
    pub name: &'static str,
    /// The actor's name.
    pub actor: &'static str,
    /// The name of the actor's instance, if it was set.
    pub instance: Option<&'a str>,
    /// The kind of the message.
    pub kind: &'static str,
    /// The span kind.
    pub span_kind: SpanKind,
    /// Whether it is the span of a message of an actor, and not of an [operation](crate::Kind::operation).
    pub is_message: bool,
    /// The trace id. A recorder that generates its own ids may ignore the id of a root.
    pub trace_id: TraceId,
    /// The context of the parent. `None` for a root.
    pub parent: Option<&'a SampledContext>,
    /// The links of the span, at most [`MAX_LINKS`].
    pub links: &'a [Link],
    /// The time at which the message left the mailbox.
    pub start: Timestamp,
    /// The time that the message waited in the mailbox. For a batch, the longest wait.
    pub wait: Option<Duration>,
    /// The number of messages in a batch. `None` for a single message.
    pub batch: Option<usize>,
    /// The reason why the span is sampled.
    pub reason: &'static str,
    /// The probability with which the span was sampled, over all decisions since the root, if it is known.
    pub probability: Option<f64>,
    /// Whether the sampler keeps the span. Only `false` if the recorder [records all](Recorder::records_all).
    pub sampled: bool,
    /// Whether the span is a root because its sender may have lost its context.
    ///
    /// Such a sender is a plain tokio task, or a thread that has not entered a [`Scope`](crate::testkit::Scope). Only
    /// set within a scope.
    pub lost_context: bool,
    /// The message's own fields.
    pub(crate) fields: &'a dyn RecordFields,
}

/// The maximum number of links of a span. OpenTelemetry's default limit is the same.
pub const MAX_LINKS: usize = 128;

/// The attributes that say the actor's name.
pub(super) const NAMES_OF_ACTOR: [&str; 2] = ["messaging.destination.name", "actor.name"];

impl SpanStart<'_> {
    /// Visits the span's attributes.
    ///
    /// These are attributes of [OpenTelemetry's messaging conventions][semconv] where they apply, the actor's
    /// attributes, the sampling decision, and the message's fields.
    ///
    /// [semconv]: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
    #[inline]
    pub fn attributes(&self, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
        if self.is_message {
            visit("messaging.system", Attribute::Static("traced_actor"));
            visit("messaging.operation.name", Attribute::Static("process"));
            visit("messaging.operation.type", Attribute::Static("process"));
            visit(NAMES_OF_ACTOR[0], Attribute::Static(self.actor));
            if let Some(count) = self.batch {
                visit("messaging.batch.message_count", Attribute::Int(int(count as u64)));
            }
            visit(NAMES_OF_ACTOR[1], Attribute::Static(self.actor));
            if let Some(instance) = self.instance {
                visit("actor.instance", Attribute::Str(instance));
            }
            visit("actor.message.kind", Attribute::Static(self.kind));
            if let Some(wait) = self.wait {
                visit("actor.mailbox.wait", Attribute::Float(wait.as_secs_f64()));
            }
        }
        visit("sampling.reason", Attribute::Static(self.reason));
        if let Some(probability) = self.probability {
            visit("sampling.probability", Attribute::Float(probability));
        }
        self.fields(visit);
    }

    /// Visits the attributes of the sampler and the message's fields: those attributes that differ from message to message.
    #[inline]
    pub fn fields(&self, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
        self.fields.record(&mut Fields::new(&mut visit));
    }
}

impl fmt::Debug for SpanStart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanStart")
            .field("name", &self.name)
            .field("parent", &self.parent)
            .finish_non_exhaustive()
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

    /// Why a future that is dropped now did not finish.
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

fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

static RECORDER: OnceLock<Box<dyn Recorder>> = OnceLock::new();

/// The error of installing a second recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyInstalled;

/// Installs the recorder of this process. Messages that are received later are recorded.
///
/// # Errors
///
/// Returns [`AlreadyInstalled`] if a recorder is installed already.
pub fn install(recorder: impl Recorder + 'static) -> Result<(), AlreadyInstalled> {
    let (samples_roots, records_all) = (recorder.samples_roots(), recorder.records_all());
    RECORDER.set(Box::new(recorder)).map_err(|_| AlreadyInstalled)?;
    if samples_roots {
        sampling::leave_to_recorder();
    }
    if records_all {
        sampling::record_all();
    }
    Ok(())
}

/// Returns the recorder of the process. One load.
#[inline]
pub(super) fn of_process() -> Option<&'static dyn Recorder> {
    RECORDER.get().map(|recorder| &**recorder)
}

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recorder is installed already; install one, once, before the first actor starts")
    }
}

impl std::error::Error for AlreadyInstalled {}
