//! Failures that actix reports: as `error.type` on the sender's span, and as counters.

use std::error::Error;
use std::fmt::Display;

use actix::MailboxError;
use actix::prelude::SendError;
use traced_actor::__private::Outcome;
use traced_actor::current_span;
use traced_actor::record::{Failure, SendFailure};

/// Records a send that failed, on the span of the message that is being handled.
///
/// Use it for a failure that the handler does not return. Failures that the handler returns are recorded automatically
/// if the message has an attribute. actix reports a failed send only to the sender.
///
/// ```
/// # use actix::prelude::*;
/// # use traced_actor::traced_actor;
/// use traced_actor_actix::RecordFailure;
///
/// # #[traced_actor(actix)]
/// # struct Count;
/// # impl Message for Count { type Result = u64; }
/// async fn ask(guild: Recipient<Count>) -> u64 {
///     guild.send(Count).await.record_failure().unwrap_or(0)
/// }
/// ```
pub trait RecordFailure {
    /// Sets the current span's `error.type` and counts the failure, if this is a failed send.
    ///
    /// | actix's error | `error.type` |
    /// |---|---|
    /// | `SendError::Full` | `mailbox_full` |
    /// | `SendError::Closed` | `not_running` |
    /// | `MailboxError::Timeout` | `timeout` |
    /// | `MailboxError::Closed` | `stopped`: the actor has ended, or dropped the message |
    ///
    /// The span's status does not change, since a sender that continues has not failed.
    #[must_use = "it returns its argument"]
    fn record_failure(self) -> Self;
}

impl<T, E: KnownError> RecordFailure for Result<T, E> {
    fn record_failure(self) -> Self {
        if let Some(failure) = self.as_ref().err().and_then(KnownError::send_failure) {
            current_span().record_send_failure(failure);
        }
        self
    }
}

/// An error that is, or may be, one of actix's.
pub trait KnownError {
    /// Returns the failure, if this is an error of actix.
    fn send_failure(&self) -> Option<SendFailure>;
}

impl KnownError for MailboxError {
    fn send_failure(&self) -> Option<SendFailure> {
        Some(match self {
            Self::Closed => SendFailure::Stopped,
            Self::Timeout => SendFailure::Timeout,
        })
    }
}

impl<M> KnownError for SendError<M> {
    fn send_failure(&self) -> Option<SendFailure> {
        Some(match self {
            Self::Full(_) => SendFailure::MailboxFull,
            Self::Closed(_) => SendFailure::NotRunning,
        })
    }
}

impl KnownError for Box<dyn Error> {
    fn send_failure(&self) -> Option<SendFailure> {
        self.downcast_ref::<MailboxError>()?.send_failure()
    }
}

impl KnownError for Box<dyn Error + Send + Sync> {
    fn send_failure(&self) -> Option<SendFailure> {
        self.downcast_ref::<MailboxError>()?.send_failure()
    }
}

/// The first alternative of method resolution for a message's result, before those of
/// `traced_actor::__private::traits`.
pub trait FailureByActix<'a> {
    /// Returns the failure, if there is one.
    fn failure(self) -> Option<Failure<'a>>;
}

impl<'a, T, E: KnownError + Display> FailureByActix<'a> for &&&&Outcome<'a, Result<T, E>> {
    fn failure(self) -> Option<Failure<'a>> {
        let error = self.0.as_ref().err()?;
        let known = error.send_failure();
        if let Some(known) = known {
            known.count();
        }
        Some(Failure::new(known.map_or(std::any::type_name::<E>(), SendFailure::error_type), Some(error)))
    }
}
