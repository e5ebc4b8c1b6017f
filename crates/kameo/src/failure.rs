//! What kameo knows of a failure: as `error.type` on the sender's span, and as counters.

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

/// The failures in this process, as far as traced actors have seen them. Made by [`failures`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failures {
    /// Sends to an actor that had ended.
    pub not_running: u64,
    /// Asks whose actor ended before it replied.
    pub stopped: u64,
    /// Asks that an actor gave back because it was restarted.
    pub restarting: u64,
    /// Sends that did not wait, to a full mailbox.
    pub mailbox_full: u64,
    /// Sends without room, and asks without a reply, in time.
    pub timeout: u64,
    /// Handlers that panicked.
    pub panic: u64,
    /// Messages that were left in the mailbox of a traced actor that ended.
    pub undelivered: u64,
    /// Linked actors that ended by a panic, an error or a kill, as traced actors were told.
    pub link_deaths: u64,
    /// Traced actors that a traced supervisor has started anew.
    pub restarts: u64,
    /// Messages that came without the context that they were sent with, since 65,536 others were on their way.
    pub contexts_lost: u64,
}

/// Returns how often what failed in this process.
///
/// Counted, sampled or not, are kameo's errors that a traced handler replies with, those that
/// [`record_failure`](RecordFailure::record_failure) was called with, and what kameo tells an actor. Those with an `error.type`
/// are [`Counters::failures`](traced_actor::Counters::failures), in which traced actors of any other kind count as well.
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
/// For a failure that the handler does not return: one that it returns is recorded. kameo gives a message back that it does not
/// take, and calls nothing of ours.
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
    /// Sets the current span's `error.type` and counts, where this is a failed send.
    ///
    /// The type is `not_running`, `stopped`, `restarting`, `mailbox_full` or `timeout`. The span's status stays: who goes on has
    /// not failed.
    #[must_use = "it is what it was called with"]
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
    /// Returns the failure that it is; `None` for an error that the handler replied with, or another.
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

/// Returns the failure that these words are of, which are kameo's own for its errors.
///
/// kameo's error is generic over the message that was not sent, so that the type of one in a box cannot be asked for.
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

/// Counts what is left in the mailbox of an actor that ends.
pub fn undelivered<M>(messages: &[M]) {
    UNDELIVERED.fetch_add(messages.len() as u64, Relaxed);
}

/// Counts a message whose context is lost.
pub(crate) fn context_lost() {
    CONTEXTS_LOST.fetch_add(1, Relaxed);
}

/// How many actors are remembered that have died under a supervisor.
const REMEMBERED: usize = 1024;

static DIED: Mutex<VecDeque<ActorId>> = Mutex::new(VecDeque::new());
/// How many there are, so that an actor that starts looks once.
static DEAD: AtomicUsize = AtomicUsize::new(0);

/// Counts the death of a linked actor. Where its supervisor is told, it may be started anew.
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

/// Counts an actor that starts, where it has died before.
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
