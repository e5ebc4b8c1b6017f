//! Failures that kameo reports: as `error.type` on the sender's span, and as counters.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use kameo::actor::ActorId;
#[cfg(feature = "remote")]
use kameo::error::RemoteSendError;
use kameo::error::{ActorStopReason, SendError};
use traced_actor::current_span;
use traced_actor::record::SendFailure;

static UNDELIVERED: AtomicU64 = AtomicU64::new(0);
static LINK_DEATHS: AtomicU64 = AtomicU64::new(0);
static RESTARTS: AtomicU64 = AtomicU64::new(0);
static CONTEXTS_LOST: AtomicU64 = AtomicU64::new(0);

/// The failures in this process that traced actors have seen. Created by [`failures`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failures {
    /// The number of sends to an actor that had ended.
    pub not_running: u64,
    /// The number of asks whose actor ended before it replied.
    pub stopped: u64,
    /// The number of asks that an actor returned because it was restarted.
    pub restarting: u64,
    /// The number of sends without waiting to a full mailbox.
    pub mailbox_full: u64,
    /// The number of sends that found no room in time, and of asks without a reply in time.
    pub timeout: u64,
    /// The number of handlers that panicked.
    pub panic: u64,
    /// The number of messages that were left in the mailbox of a traced actor that ended.
    pub undelivered: u64,
    /// The number of linked actors that ended by a panic, an error or a kill, as reported to traced actors.
    pub link_deaths: u64,
    /// The number of traced actors that a traced supervisor has restarted.
    pub restarts: u64,
    /// The number of messages that lost their context because 65,536 other messages were in transit.
    pub contexts_lost: u64,
}

/// Returns the number of failures in this process, by kind.
///
/// It counts, sampled or not: kameo's errors that a traced handler replies with, errors that
/// [`record_failure`](RecordFailure::record_failure) was called with, and events that kameo reports to an actor.
/// Failures with an `error.type` are also in [`Counters::failures`](traced_actor::Counters::failures), together with
/// those of all other traced actors.
pub fn failures() -> Failures {
    let counted = traced_actor::counters().failures;
    let of = |failure: SendFailure| counted.get(failure.error_type()).copied().unwrap_or(0);
    Failures {
        not_running: of(SendFailure::NotRunning),
        stopped: of(SendFailure::Stopped),
        restarting: of(SendFailure::Restarting),
        mailbox_full: of(SendFailure::MailboxFull),
        timeout: of(SendFailure::Timeout),
        panic: of(SendFailure::Panic),
        undelivered: UNDELIVERED.load(Relaxed),
        link_deaths: LINK_DEATHS.load(Relaxed),
        restarts: RESTARTS.load(Relaxed),
        contexts_lost: CONTEXTS_LOST.load(Relaxed),
    }
}

/// Records a send that failed, on the span of the message that is being handled.
///
/// Use it for a failure that the handler does not return. A failure that it returns is recorded automatically. kameo
/// returns a message that it does not accept to the sender, without calling this crate.
///
/// ```
/// # use kameo::prelude::*;
/// # use traced_actor::traced_actor;
/// use traced_actor_kameo::RecordFailure;
///
/// # #[traced_actor(kameo)]
/// # #[derive(Actor)]
/// # struct Guild;
/// # struct Count;
/// # #[traced_actor(kameo)]
/// # impl Message<Count> for Guild {
/// #     type Reply = u64;
/// #     async fn handle(&mut self, _: Count, _: &mut Context<Self, u64>) -> u64 { 0 }
/// # }
/// # async fn ask(guild: ActorRef<Guild>) -> u64 {
/// guild.ask(Count).await.record_failure().unwrap_or(0)
/// # }
/// ```
pub trait RecordFailure {
    /// Sets the current span's `error.type` and counts the failure, if this is a failed send.
    ///
    /// The type is `not_running`, `stopped`, `restarting`, `mailbox_full` or `timeout`. The span's status does not
    /// change, since a sender that continues has not failed.
    #[must_use = "it returns its argument"]
    fn record_failure(self) -> Self;
}

impl<T, E: KameoError> RecordFailure for Result<T, E> {
    fn record_failure(self) -> Self {
        record(self.as_ref().err().and_then(KameoError::send_failure));
        self
    }
}

/// An error of kameo's sends.
pub trait KameoError {
    /// Returns the failure, or `None` for an error that the handler replied with or that is not one of kameo's sends.
    fn send_failure(&self) -> Option<SendFailure>;
}

impl<M, E> KameoError for SendError<M, E> {
    fn send_failure(&self) -> Option<SendFailure> {
        match self {
            Self::ActorNotRunning(_) => Some(SendFailure::NotRunning),
            Self::ActorStopped => Some(SendFailure::Stopped),
            Self::ActorRestarting(_) => Some(SendFailure::Restarting),
            Self::MailboxFull(_) => Some(SendFailure::MailboxFull),
            Self::Timeout(_) => Some(SendFailure::Timeout),
            Self::HandlerError(_) => None,
        }
    }
}

#[cfg(feature = "remote")]
impl<E> KameoError for RemoteSendError<E> {
    fn send_failure(&self) -> Option<SendFailure> {
        match self {
            Self::ActorNotRunning | Self::DialFailure => Some(SendFailure::NotRunning),
            Self::ActorStopped | Self::ConnectionClosed => Some(SendFailure::Stopped),
            Self::MailboxFull => Some(SendFailure::MailboxFull),
            Self::ReplyTimeout | Self::NetworkTimeout => Some(SendFailure::Timeout),
            _ => None,
        }
    }
}

pub(crate) fn record(failed: Option<SendFailure>) {
    if let Some(failed) = failed {
        current_span().record_send_failure(failed);
    }
}

/// Counts a failure, and returns its `error.type`.
pub(crate) fn counted(failed: SendFailure) -> &'static str {
    failed.count();
    failed.error_type()
}

/// Returns the failure with this text, which is kameo's own for its errors.
///
/// kameo's error is generic over the message that was not sent, so the type of a boxed error is not known.
pub(crate) fn of_words(words: &str) -> Option<SendFailure> {
    let known: [SendError; 5] = [
        SendError::ActorNotRunning(()),
        SendError::ActorStopped,
        SendError::ActorRestarting(()),
        SendError::MailboxFull(()),
        SendError::Timeout(None),
    ];
    let local = among(&known, words);
    #[cfg(feature = "remote")]
    let local = local.or_else(|| {
        let known: [RemoteSendError; 7] = [
            RemoteSendError::ActorNotRunning,
            RemoteSendError::DialFailure,
            RemoteSendError::ActorStopped,
            RemoteSendError::ConnectionClosed,
            RemoteSendError::MailboxFull,
            RemoteSendError::ReplyTimeout,
            RemoteSendError::NetworkTimeout,
        ];
        among(&known, words)
    });
    local
}

fn among<E: KameoError + Display>(known: &[E], words: &str) -> Option<SendFailure> {
    known.iter().find(|error| error.to_string() == words).and_then(KameoError::send_failure)
}

/// Counts the messages that are left in the mailbox of an actor that ends.
pub fn undelivered<M>(messages: &[M]) {
    UNDELIVERED.fetch_add(messages.len() as u64, Relaxed);
}

/// Counts a message whose context is lost.
pub(crate) fn context_lost() {
    CONTEXTS_LOST.fetch_add(1, Relaxed);
}

/// The maximum number of actors that died under a supervisor and are remembered.
const REMEMBERED: usize = 1024;

static DIED: Mutex<VecDeque<ActorId>> = Mutex::new(VecDeque::new());
/// The number of remembered actors, so that a starting actor reads only this.
static DEAD: AtomicUsize = AtomicUsize::new(0);

/// Counts the death of a linked actor. If its supervisor is notified, the actor may be restarted.
pub(crate) fn link_died(id: ActorId, reason: &ActorStopReason, is_supervised: bool) {
    if !matches!(reason, ActorStopReason::Normal | ActorStopReason::SupervisorRestart) {
        LINK_DEATHS.fetch_add(1, Relaxed);
    }
    if is_supervised {
        let mut died = DIED.lock().unwrap_or_else(PoisonError::into_inner);
        if died.len() == REMEMBERED {
            died.pop_front();
        }
        died.push_back(id);
        DEAD.store(died.len(), Relaxed);
    }
}

/// Counts the restart of an actor that has died before.
pub fn started(id: ActorId) {
    if DEAD.load(Relaxed) == 0 {
        return;
    }
    let mut died = DIED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = died.iter().position(|dead| *dead == id) {
        died.remove(at);
        DEAD.store(died.len(), Relaxed);
        RESTARTS.fetch_add(1, Relaxed);
    }
}
