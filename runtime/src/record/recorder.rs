//! The trait that exporters implement, and the recorder of the process.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::bridge::ContextBridge;
use super::field::{Attribute, Fields, RecordFields, int};
use super::span::OpenSpan;
use crate::context::{SampledContext, SpanKind, Timestamp, TraceId};
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
    /// All times that the recorder receives are then by this clock, and the wall clock is not read. Times must be close
    /// to those of the wall clock, and must never run backwards.
    fn now(&self) -> Option<Timestamp> {
        None
    }

    /// Returns whether the recorder also takes the spans that the sampler drops.
    ///
    /// Called once, when the recorder is installed. If it does, [`SpanStart::sampled`] is false for these spans. Their
    /// context is carried like that of a sampled span, but without the sampled flag. The counters count them as
    /// dropped.
    fn records_all(&self) -> bool {
        false
    }

    /// Returns the reason, for the counters, with which [`start`](Self::start) refuses spans. Use a short word.
    fn drop_reason(&self) -> &'static str {
        "recorder"
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

    /// Returns the bridge to another library, whose current context is kept in step with the messages.
    ///
    /// Called once, when the recorder is installed. Without a bridge, which is the default, the library's current
    /// context is not changed.
    fn bridge(&self) -> Option<&dyn ContextBridge> {
        None
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

/// The attributes that contain the actor's name.
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

    /// Visits the sampler's attributes and the message's fields: those attributes that differ from message to message.
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

static RECORDER: OnceLock<Box<dyn Recorder>> = OnceLock::new();
static BRIDGE: OnceLock<&'static dyn ContextBridge> = OnceLock::new();

/// The error of installing a second recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyInstalled;

/// Installs the recorder of this process. Messages that are received later are recorded.
///
/// # Errors
///
/// Returns [`AlreadyInstalled`] if a recorder is already installed.
pub fn install(recorder: impl Recorder + 'static) -> Result<(), AlreadyInstalled> {
    let (samples_roots, records_all) = (recorder.samples_roots(), recorder.records_all());
    RECORDER.set(Box::new(recorder)).map_err(|_| AlreadyInstalled)?;
    if let Some(bridge) = RECORDER.get().and_then(|recorder| recorder.bridge()) {
        let _ = BRIDGE.set(bridge);
    }
    if samples_roots {
        sampling::leave_to_recorder();
    }
    if records_all {
        sampling::record_all();
    }
    Ok(())
}

/// Returns the bridge of the process's recorder. Costs one load.
#[inline]
pub(super) fn bridge_of_process() -> Option<&'static dyn ContextBridge> {
    BRIDGE.get().copied()
}

/// Returns the recorder of the process. Costs one load.
#[inline]
pub(super) fn of_process() -> Option<&'static dyn Recorder> {
    RECORDER.get().map(|recorder| &**recorder)
}

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recorder is already installed; install only one, before the first actor starts")
    }
}

impl std::error::Error for AlreadyInstalled {}
