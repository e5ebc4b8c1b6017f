//! The observer trait, its data, and the observer of the process.

use std::fmt;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Mailbox;
use crate::context::TraceContext;
use crate::record::Failure;
use crate::sampling::Kind;

/// The observer's number of a handling, or of an ask.
pub type HandlingId = NonZeroU32;

/// Watches every message of the process, sampled or not. Implement this trait to count and time them.
///
/// The methods run on the threads of the actors, for each message. They must not block, and must not send or receive
/// messages. A panic is caught, and the data of that call is lost.
///
/// The observer assigns numbers: one to each handling, from the receive of the message until its handler completes, and
/// one to each ask, until it is answered. `None` stands for one that it does not follow.
#[expect(unused_variables, reason = "the defaults do nothing with their arguments")]
pub trait Observer: Send + Sync {
    /// Notes that a message is being sent, and returns the time, in nanoseconds since a moment of the observer's
    /// choice.
    ///
    /// The time travels beside the message and comes back in [`Received::sent`]. Only its lower sixty bits are kept.
    /// Zero stands for no time. `from` is the handling that sends the message, if there is one.
    fn sent(&self, message: MessageType, to: Option<&Mailbox>, from: Option<HandlingId>) -> u64;

    /// Returns the time, as [`sent`](Self::sent) does.
    fn now(&self) -> u64;

    /// Notes that a send waited for room from `since` on, and has succeeded.
    fn send_waited(&self, message: MessageType, to: Option<&Mailbox>, since: u64);

    /// Notes that a send failed: the message is lost, or given back to the sender.
    fn send_failed(&self, message: MessageType, to: Option<&Mailbox>, reason: Unsent);

    /// Notes that a message is handled from now on, and returns the number of the handling.
    fn received(&self, received: &Received<'_>) -> Option<HandlingId>;

    /// Notes a message that is handled together with others. The batch is a separate handling, noted after them.
    fn batched(&self, received: &Received<'_>) {}

    /// Notes the span of a handling that is sampled.
    fn sampled(&self, handling: HandlingId, context: TraceContext) {}

    /// Notes that a handler of this actor took the message, if the receive did not know the actor.
    fn claimed(&self, handling: HandlingId, actor: &'static str) {}

    /// Notes that a handler's future is polled.
    fn polled(&self, handling: HandlingId) {}

    /// Notes that a poll of a handler's future has ended. `before` is the handling whose poll continues, if there is
    /// one.
    fn left(&self, handling: HandlingId, before: Option<HandlingId>) {}

    /// Notes that a handling ended, with its failure if there was one.
    fn ended(&self, handling: HandlingId, failure: Option<&Failure<'_>>);

    /// Notes that a handling spawns a task that continues its work. Returns the number of the task.
    ///
    /// For a task with a number, [`polled`](Self::polled), [`left`](Self::left) and [`ended`](Self::ended) are called
    /// as they are for a handling. Sends and spawns of the task are reported with its number.
    fn spawned(&self, of: HandlingId) -> Option<HandlingId> {
        None
    }

    /// Notes that a received message was stashed. When it is handled later, that is another handling.
    fn held(&self, handling: HandlingId);

    /// Notes that a mailbox was created. The observer may keep it, and set its [`note`](Mailbox::set_note).
    fn opened(&self, mailbox: &Arc<Mailbox>) {}

    /// Notes that the receiver of a mailbox was dropped. Messages that are still in it are lost.
    fn closed(&self, mailbox: &Mailbox) {}

    /// Notes that messages were lost before the receiver of this mailbox took them, because it was too slow.
    #[doc(hidden)]
    fn lagged(&self, mailbox: &Mailbox, messages: u64) {}

    /// Notes that an ask starts, and returns its number. `from` is the handling that asks, if there is one.
    fn asked(&self, to: Option<&Mailbox>, from: Option<HandlingId>) -> Option<HandlingId> {
        None
    }

    /// Notes that the sender of this message waits for an answer of a framework's actor. Returns the number of the ask.
    ///
    /// After [`taken`](Self::taken), [`answered`](Self::answered) is not called.
    #[doc(hidden)]
    fn asked_by_message(
        &self,
        message: MessageType,
        from: Option<HandlingId>,
        known: Known,
    ) -> Option<HandlingId> {
        None
    }

    /// Notes that a handling answers an ask, whose message it has taken out of the mailbox.
    #[doc(hidden)]
    fn taken(&self, ask: HandlingId, by: HandlingId) {}

    /// Notes that an ask ended. If its message did not reach the mailbox, a failed send was noted as well.
    fn answered(&self, ask: HandlingId, end: AskEnd) {}

    /// Notes that an actor of [`spawn`](crate::spawn) started, ended, or continued after a panic.
    fn changed(&self, actor: &'static str, change: ActorChange) {}
}

/// The type of a message, and its kind.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MessageType {
    /// The name of the message's type, as returned by [`std::any::type_name`].
    pub type_name: &'static str,
    /// The kind of the message.
    pub kind: &'static Kind,
    /// The name of the actor, if the options of the message's type have one.
    pub actor: Option<&'static str>,
}

impl MessageType {
    pub(crate) const fn new(
        type_name: &'static str,
        kind: &'static Kind,
        actor: Option<&'static str>,
    ) -> Self {
        Self { type_name, kind, actor }
    }
}

/// A message whose handling starts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received<'a> {
    /// The type and the kind of the message.
    pub message: MessageType,
    /// The name of the actor that received it, if known: that of the loop, of the handler, or of the message's type.
    pub actor: Option<&'static str>,
    /// The name of the actor's instance, if it was set.
    pub instance: Option<&'a Arc<str>>,
    /// The mailbox that it came from, if the channel has one that is observed.
    pub mailbox: Option<&'a Mailbox>,
    /// The time of the send, if it is known.
    pub sent: Option<Sent>,
    /// Whether it stands for several messages that are handled together. Its kind is then `batch`.
    pub is_batch: bool,
}

/// The time at which a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The time that [`Observer::sent`] returned.
    Observed(u64),
    /// The time since the send, by the recorder's clock. Used for a sampled message.
    Ago(Duration),
}

/// The reason why a send failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unsent {
    /// The mailbox was full, and the send did not wait.
    Full,
    /// The receiver was closed or dropped.
    Closed,
    /// The time-out expired.
    Timeout,
    /// The send was dropped while it waited.
    Cancelled,
}

/// The knowledge about an ask whose message goes to a framework's actor. For this project's adapters.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Known {
    /// The answer is given when the handling of the message ends.
    Answer,
    /// The sender has asked. The answer may be given before or after the end of that handling.
    Ask,
    /// A message is sent. It is an ask if it is [taken](Observer::taken).
    Send,
}

/// The end of an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AskEnd {
    /// The answer arrived.
    Answered,
    /// The reply channel was dropped without an answer.
    NoReply,
    /// The time-out expired.
    Timeout,
    /// The message was not sent, because the actor had ended.
    Closed,
    /// The asking future was dropped.
    Cancelled,
    /// The message was no ask: its sender does not wait.
    Told,
}

/// A change in the life of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ActorChange {
    /// The actor started.
    Started,
    /// The actor continues after a panic of its handler.
    Restarted,
    /// The actor ended: it was stopped, or all references to it were dropped.
    Ended,
    /// The actor ended because its handler panicked.
    Panicked,
}

static OBSERVER: OnceLock<Box<dyn Observer>> = OnceLock::new();

/// The error of installing a second observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyObserved;

/// Installs the observer of this process. It observes messages that are sent later, in mailboxes that are created
/// later.
///
/// # Errors
///
/// Returns [`AlreadyObserved`] if an observer is already installed.
pub fn observe(observer: impl Observer + 'static) -> Result<(), AlreadyObserved> {
    OBSERVER.set(Box::new(observer)).map_err(|_| AlreadyObserved)
}

/// Returns whether there is an observer. Costs one load.
#[inline]
pub fn is_observed() -> bool {
    OBSERVER.get().is_some()
}

/// Returns the observer of the process. Costs one load.
#[inline]
pub(crate) fn observer() -> Option<&'static dyn Observer> {
    OBSERVER.get().map(|observer| &**observer)
}

/// Calls the observer. Returns the default value if it panics.
#[inline]
pub(crate) fn call<T: Default>(tell: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(tell)).unwrap_or_default()
}

impl fmt::Display for AlreadyObserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an observer is already installed; install only one, before the first mailbox is created")
    }
}

impl std::error::Error for AlreadyObserved {}
