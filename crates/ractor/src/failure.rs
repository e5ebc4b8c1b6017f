//! Failures that ractor reports: as `error.type` on the sender's span, and as counters.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ractor::rpc::CallResult;
use ractor::{ActorProcessingErr, MessagingErr, RactorErr, SupervisionEvent};
use traced_actor::actor::HandlerSpan;
use traced_actor::context::ContextState;
use traced_actor::record::{Failure, SendFailure};
use traced_actor::sync::wrap::Describe;
use traced_actor::{Envelope, current_span};

use crate::message::TracedMessage;

/// The number of actors that ended by a panic or an error.
static FAILED_ACTORS: AtomicU64 = AtomicU64::new(0);

/// The number of messages that were dropped unread.
static UNDELIVERED: AtomicU64 = AtomicU64::new(0);

/// The `error.type` of an error that is not ractor's.
const OTHER: &str = "ractor::ActorProcessingErr";

/// The failures in this process that traced actors have seen. Created by [`failures`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failures {
    /// The number of sends to an actor that had ended or was draining.
    pub not_running: u64,
    /// The number of calls whose actor ended, or dropped the reply port, before it replied.
    pub stopped: u64,
    /// The number of calls without a reply in time.
    pub timeout: u64,
    /// The number of handlers that panicked. Each panic ends its actor, and a supervisor may start another one.
    pub panic: u64,
    /// The number of messages that were left in the mailbox of a traced actor that ended.
    pub undelivered: u64,
    /// The number of actors that ended by a panic or an error, as reported to a traced supervisor.
    pub failed_actors: u64,
}

/// Returns the number of failures in this process, by kind.
///
/// It counts, sampled or not: ractor's errors that a traced `handle` returns, errors that
/// [`record_failure`](RecordFailure::record_failure) was called with, and handlers that panicked. All except
/// `undelivered` and `failed_actors` are also in [`Counters::failures`](traced_actor::Counters::failures), together with those of all
/// other traced actors.
pub fn failures() -> Failures {
    let counted = traced_actor::counters().failures;
    let of = |failure: SendFailure| counted.get(failure.error_type()).copied().unwrap_or(0);
    Failures {
        not_running: of(SendFailure::NotRunning),
        stopped: of(SendFailure::Stopped),
        timeout: of(SendFailure::Timeout),
        panic: of(SendFailure::Panic),
        undelivered: UNDELIVERED.load(Relaxed),
        failed_actors: FAILED_ACTORS.load(Relaxed),
    }
}

/// Records a send or a call that failed, on the span of the message that is being handled.
///
/// Use it for a failure that the handler does not return. A failure that `handle` returns is recorded automatically.
/// ractor reports a failed send only to the sender.
///
/// ```
/// # use ractor::{ActorRef, call_t};
/// # use ractor::RpcReplyPort;
/// # use traced_actor::traced_actor;
/// use traced_actor_ractor::RecordFailure;
///
/// # #[traced_actor(ractor)]
/// # enum Message { Count(RpcReplyPort<u64>) }
/// # async fn ask(guild: ActorRef<Message>) -> u64 {
/// call_t!(guild, Message::Count, 100).record_failure().unwrap_or(0)
/// # }
/// ```
pub trait RecordFailure {
    /// Sets the current span's `error.type` and counts the failure, if this is a failed send or call.
    ///
    /// The type is `not_running`, `stopped` or `timeout`. The span's status does not change, since a sender that
    /// continues has not failed.
    #[must_use = "it returns its argument"]
    fn record_failure(self) -> Self;
}

impl<T, M> RecordFailure for Result<T, MessagingErr<M>> {
    fn record_failure(self) -> Self {
        record(self.as_ref().err().and_then(of_messaging));
        self
    }
}

impl<T, M> RecordFailure for Result<T, RactorErr<M>> {
    fn record_failure(self) -> Self {
        record(match &self {
            Err(RactorErr::Messaging(error)) => of_messaging(error),
            Err(RactorErr::Timeout) => Some(SendFailure::Timeout),
            _ => None,
        });
        self
    }
}

impl<T> RecordFailure for CallResult<T> {
    fn record_failure(self) -> Self {
        record(match &self {
            Self::Success(_) => None,
            Self::Timeout => Some(SendFailure::Timeout),
            Self::SenderError => Some(SendFailure::Stopped),
        });
        self
    }
}

fn of_messaging<M>(error: &MessagingErr<M>) -> Option<SendFailure> {
    match error {
        MessagingErr::SendErr(_) => Some(SendFailure::NotRunning),
        MessagingErr::ChannelClosed => Some(SendFailure::Stopped),
        MessagingErr::InvalidActorType => None,
    }
}

fn record(failed: Option<SendFailure>) {
    if let Some(failed) = failed {
        current_span().record_send_failure(failed);
    }
}

/// Counts an error that a handler returns, and returns the failure.
#[cold]
pub(crate) fn returned(error: &ActorProcessingErr) -> Failure<'_> {
    let failed = of_returned(error);
    if let Some(failed) = failed {
        failed.count();
    }
    Failure::new(failed.map_or(OTHER, SendFailure::error_type), Some(error))
}

/// Returns the failure that an error of ractor stands for, by its text.
///
/// ractor's errors are generic over the message that was not sent, so the type is not known. Their texts are the same
/// for all messages, and `Display` of ractor's own error gives them here.
fn of_returned(error: &ActorProcessingErr) -> Option<SendFailure> {
    let words = error.to_string();
    let is = |known: &dyn fmt::Display| known.to_string() == words;
    if is(&MessagingErr::SendErr(())) {
        Some(SendFailure::NotRunning)
    } else if is(&MessagingErr::<()>::ChannelClosed) {
        Some(SendFailure::Stopped)
    } else if is(&RactorErr::<()>::Timeout) {
        Some(SendFailure::Timeout)
    } else {
        None
    }
}

/// Counts a message that is dropped unread. In a sampled trace, it gets a span with the failure.
#[cold]
pub(crate) fn undelivered<M: TracedMessage>(envelope: Envelope<M>) {
    UNDELIVERED.fetch_add(1, Relaxed);
    if matches!(envelope.message_context().state(), ContextState::Sampled(_)) {
        let (message, context) = envelope.into_parts();
        let (describe, is_call) = (Describe::message(), message.is_call());
        let mut span =
            HandlerSpan::open(&message, Some(context), describe, const { &M::OPTIONS }, || Some(is_call));
        span.end(Some(Failure::new(SendFailure::NotRunning.error_type(), None)));
    }
}

/// Counts the event that a supervisor gets.
pub fn supervised(event: &SupervisionEvent) {
    if let SupervisionEvent::ActorFailed(..) = event {
        FAILED_ACTORS.fetch_add(1, Relaxed);
    }
}
