//! The trait that every output implements, and the one that is installed.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::field::{Attribute, Fields, RecordFields, bounded_text};
use crate::context::{MessageContext, SampledContext, SpanId, Timestamp, TraceContext, TraceId};
use crate::sampling;

/// Takes the spans that are kept.
///
/// Its methods run on the threads of the actors: they enqueue and return, and never block or panic.
pub trait Recorder: Send + Sync {
    /// A span starts. `None` refuses it: the message is handled unsampled.
    fn start(&self, span: &SpanStart<'_>) -> Option<Box<dyn Span>>;

    /// Why [`start`](Self::start) refuses, for the counters; a short static word.
    fn drop_reason(&self) -> &'static str {
        "recorder"
    }

    /// The trace context that another library has made current on this thread.
    fn current_context(&self) -> CurrentContext {
        CurrentContext::None
    }

    /// What runs on this thread from here on belongs to `span`, or to none.
    ///
    /// Calls of `enter` and `exit` on a thread are nested.
    fn enter(&self, span: Option<&dyn Span>) {
        let _ = span;
    }

    /// What runs on this thread from here on has no span of its own, and belongs to the span of this context: a
    /// message of a kind that makes none.
    ///
    /// An `enter` of its own; by default with none.
    fn enter_passing(&self, context: &SampledContext) {
        let _ = context;
        self.enter(None);
    }

    /// Returns whether it decides about roots where no process-wide sampler is set. Asked once, when it is installed.
    ///
    /// Messages are then kept for the reason `recorder`, with no known probability, and [`start`](Self::start) refuses
    /// those that the recorder does not want.
    fn samples_roots(&self) -> bool {
        false
    }

    /// Undoes the thread's latest `enter`. Returns whether it could: `false` where the other library lends its current context to
    /// somebody meanwhile, and then it is asked again.
    fn exit(&self) -> bool {
        true
    }

    /// Whether this span is the current one for the other library. Where it is, a send from under the span needs not
    /// ask for the [`current_context`](Self::current_context) context; `false` is always right.
    ///
    /// It asks the other library and nothing else: a receive from within it may panic.
    fn is_current(&self, span: TraceContext) -> bool {
        let _ = span;
        false
    }
}

/// A span that was started and not yet finished.
pub trait Span: Send + Sync {
    /// Its identity.
    fn context(&self) -> TraceContext;

    /// It has ended. Called once.
    fn finish(&self, end: &SpanEnd<'_>);

    /// Adds an attribute. The message is being handled.
    fn set_attribute(&self, name: &'static str, value: Attribute<'_>) {
        let _ = (name, value);
    }

    /// Adds something that happened at this moment.
    fn add_event(&self, name: &'static str, at: Timestamp) {
        let _ = (name, at);
    }

    /// Gives the span the name of the handler's actor, where its receive did not know one: `name` is `Actor/Kind`.
    fn rename(&self, name: &'static str, actor: &'static str) {
        let _ = (name, actor);
    }

    /// Marks the span as failed, whatever its end says.
    fn record_error(&self, failure: &Failure<'_>) {
        let _ = failure;
    }

    /// Takes the span back, as if it had never started: its message was put aside. Returns whether it could be; the span is
    /// ended otherwise.
    fn discard(&self) -> bool {
        false
    }

    /// The recorder's own handle, for its [`Recorder::enter`].
    fn as_any(&self) -> &dyn std::any::Any;
}

/// What another library has made current.
#[derive(Debug, Clone)]
pub enum CurrentContext {
    /// Nothing.
    None,
    /// A context that is not sampled.
    Unsampled,
    /// A sampled one.
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

/// A message that another span is connected with, but does not run under.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Link {
    /// The sender's context.
    pub context: SampledContext,
}

/// What is known of a span when it starts.
#[non_exhaustive]
pub struct SpanStart<'a> {
    /// `Actor/Kind`.
    pub name: &'static str,
    /// The actor's name.
    pub actor: &'static str,
    /// Which of several actors of that name, if it said so.
    pub instance: Option<&'a str>,
    /// The message kind.
    pub kind: &'static str,
    /// The trace of a new root; a recorder that makes its own ids may ignore it.
    pub trace_id: TraceId,
    /// The context that the span is a child of; none for a root.
    pub parent: Option<&'a SampledContext>,
    /// Contexts that it is linked with, the first [`MAX_LINKS`] of them.
    pub links: &'a [Link],
    /// When the message left the mailbox.
    pub start: Timestamp,
    /// How long the message waited in the mailbox; for a batch, the longest wait.
    pub wait: Option<Duration>,
    /// The number of messages, for a batch.
    pub batch: Option<usize>,
    /// Why the span is kept.
    pub reason: &'static str,
    /// With what probability, over all decisions since the root.
    pub probability: Option<f64>,
    /// Whether the span is a root because its message's sender may have lost the context of what it works for: it is a plain tokio
    /// task, or a thread that no [`Scope`](crate::testkit::Scope) knows. Told in a scope alone.
    pub lost_context: bool,
    /// The message's own fields.
    pub(crate) fields: &'a dyn RecordFields,
}

/// The links of one span are bounded; OpenTelemetry's default limit is the same.
pub const MAX_LINKS: usize = 128;

/// The attributes that say the actor's name.
pub(super) const NAMES_OF_ACTOR: [&str; 2] = ["messaging.destination.name", "actor.name"];

impl SpanStart<'_> {
    /// The span's attributes: [OpenTelemetry's messaging conventions][semconv] where they apply, the actor's
    /// own, the sampling decision, and the message's fields.
    ///
    /// [semconv]: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
    #[inline]
    pub fn attributes(&self, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
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
        visit("sampling.reason", Attribute::Static(self.reason));
        if let Some(probability) = self.probability {
            visit("sampling.probability", Attribute::Float(probability));
        }
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

/// How a span ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct SpanEnd<'a> {
    /// When.
    pub at: Timestamp,
    /// What went wrong, if anything did.
    pub failure: Option<Failure<'a>>,
    /// What became of the messages that were sent in fan-outs under this span, if any were.
    pub fanout: Option<FanoutSummary>,
}

/// What became of all messages that were sent in fan-outs under one span, traced or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FanoutSummary {
    /// Recipients.
    pub size: u64,
    /// Those whose handling is traced.
    pub selected: u64,
    /// Sends that failed: the recipient was gone or, with `try_send`, had no room.
    pub errors: u64,
    /// The shortest wait of a send for room in the recipient's mailbox; zero where there was some at once.
    pub wait_min: Duration,
    /// The longest.
    pub wait_max: Duration,
}

impl<'a> SpanEnd<'a> {
    pub(crate) fn new(at: Timestamp, failure: Option<Failure<'a>>, fanout: Option<FanoutSummary>) -> Self {
        Self { at, failure, fanout }
    }

    /// The attributes that only the end knows.
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

/// Why a span has status Error.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Failure<'a> {
    /// The error's type, `panic`, or `cancelled`: OpenTelemetry's `error.type`.
    pub error_type: &'static str,
    /// The error's own words.
    pub description: Option<ErrorText<'a>>,
}

/// The words of an error: its `Display`, or its `Debug` where it has no other.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ErrorText<'a> {
    /// Its `Display`.
    Display(&'a dyn fmt::Display),
    /// Its `Debug`.
    Debug(&'a dyn fmt::Debug),
}

impl ErrorText<'_> {
    /// Returns the text, cut after [`MAX_VALUE_BYTES`](super::field::MAX_VALUE_BYTES). Formatting stops there.
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
    /// The handler panicked.
    pub const PANIC: Failure<'static> = Failure { error_type: "panic", description: None };
    /// The handler's future was dropped before it was done.
    pub const CANCELLED: Failure<'static> = Failure { error_type: "cancelled", description: None };

    /// Why a future that is dropped now did not finish.
    pub(crate) fn interruption() -> Failure<'static> {
        if std::thread::panicking() { Self::PANIC } else { Self::CANCELLED }
    }

    /// A failure of this type, with the error's words.
    pub fn new(error_type: &'static str, description: Option<&'a dyn fmt::Display>) -> Self {
        Self { error_type, description: description.map(ErrorText::Display) }
    }

    /// A failure of this type, with the error's `Debug`.
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

/// A recorder is installed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyInstalled;

/// Installs the recorder of this process. Messages received from here on are recorded.
///
/// # Errors
///
/// [`AlreadyInstalled`] the second time.
pub fn install(recorder: impl Recorder + 'static) -> Result<(), AlreadyInstalled> {
    let samples_roots = recorder.samples_roots();
    RECORDER.set(Box::new(recorder)).map_err(|_| AlreadyInstalled)?;
    if samples_roots {
        sampling::leave_to_recorder();
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
