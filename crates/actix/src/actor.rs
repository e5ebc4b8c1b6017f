//! Traced actors, and the ways to describe their messages.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix::{Actor, Handler, Message};
use traced_actor::__private::Ask;
use traced_actor::actor::HandlerSpan;
use traced_actor::context::ContextState;
use traced_actor::observe::Known;
use traced_actor::record::{Failure, SendFailure};
use traced_actor::sync::wrap::{Describe, SendAttempt};
use traced_actor::{Envelope, Options};

use crate::message::TracedMessage;

/// A traced actor. Implemented by `#[traced_actor(actix)]` on `impl Actor for ..`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a traced actor",
    label = "no `#[traced_actor(actix)]` on its `impl Actor`",
    note = "write `#[traced_actor(actix)]` on `impl Actor for {Self}`"
)]
pub trait TracedActor: Actor<Context: TracedContext> {
    /// The options of the attribute.
    const OPTIONS: Options;

    /// The source of its messages' descriptions: [`ByAttribute`], or [`ByType`] if the attribute says `by_type`.
    type Naming;
}

/// A context that carries traces: [`Context`](crate::Context).
#[diagnostic::on_unimplemented(
    message = "`{Self}` carries no trace",
    label = "this is not `traced_actor_actix::Context`",
    note = "write `use traced_actor_actix::Context;`, so that `type Context = Context<Self>` names the context that carries a trace"
)]
pub trait TracedContext {}

/// Describes an actor's messages of type `M`. Generated code names the types that implement this trait.
pub trait Naming<M: Message> {
    /// Returns the message's description.
    fn describe() -> Describe<M>;

    /// Returns the failure if the result of a message is an error.
    fn failure(result: &M::Result) -> Option<Failure<'_>>;
}

/// Describes each message by its own attribute.
#[derive(Debug, Clone, Copy)]
pub struct ByAttribute;

/// Describes each message by its type. No message needs an attribute.
#[derive(Debug, Clone, Copy)]
pub struct ByType;

impl<M: TracedMessage> Naming<M> for ByAttribute {
    #[inline]
    fn describe() -> Describe<M> {
        Describe::message()
    }

    #[inline]
    fn failure(result: &M::Result) -> Option<Failure<'_>> {
        M::failure(result)
    }
}

impl<M: Message> Naming<M> for ByType {
    #[inline]
    fn describe() -> Describe<M> {
        Describe::type_name()
    }

    #[inline]
    fn failure(_: &M::Result) -> Option<Failure<'_>> {
        None
    }
}

/// Puts a message for an actor `A` into an envelope, with the sender's current context.
#[inline]
pub(crate) fn capture<A, M>(message: M) -> Envelope<M>
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    let (attempt, envelope) = SendAttempt::start(message, <A::Naming as Naming<M>>::describe());
    attempt.sent();
    envelope
}

/// Starts the ask of a message that an actor `A` answers, if somebody observes it.
#[inline]
pub(crate) fn ask<A, M>(message: &M) -> Option<Ask>
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    let message_type = || {
        let mut message_type = <A::Naming as Naming<M>>::describe().message_type(message);
        message_type.actor = A::OPTIONS.actor_name();
        message_type
    };
    Ask::by_message(message_type, Known::Answer)
}

/// Opens the span of a message that an actor `A` handles.
#[inline]
pub(crate) fn open<A, M>(envelope: Envelope<M>, is_call: bool) -> (M, HandlerSpan)
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    let (message, context) = envelope.into_parts();
    let describe = <A::Naming as Naming<M>>::describe();
    let span = HandlerSpan::open(&message, Some(context), describe, const { &A::OPTIONS }, || Some(is_call));
    (message, span)
}

/// Counts a message that an actor `A` has not handled before it ended.
///
/// In a sampled trace, it gets a span with the failure.
#[cold]
pub(crate) fn undelivered<A, M>(envelope: Envelope<M>, is_call: bool)
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    UNDELIVERED.fetch_add(1, Relaxed);
    if matches!(envelope.message_context().state(), ContextState::Sampled(_)) {
        let (_message, mut span) = open::<A, M>(envelope, is_call);
        span.end(Some(Failure::new(SendFailure::NotRunning.error_type(), None)));
    }
}

/// The number of messages that were left in mailboxes.
static UNDELIVERED: AtomicU64 = AtomicU64::new(0);

/// Returns the number of messages that were left in the mailboxes of traced actors that ended, in this process.
pub fn undelivered_messages() -> u64 {
    UNDELIVERED.load(Relaxed)
}
