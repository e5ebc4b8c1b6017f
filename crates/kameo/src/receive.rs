//! Hooks for an actor that takes a signal out of its mailbox and calls a handler.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{self, Poll};

use kameo::Actor;
use kameo::actor::{ActorRef, WeakActorRef};
use kameo::mailbox::Signal;
use kameo::message::{BoxMessage, Context, Message};
use kameo::reply::{BoxReplySender, Reply, ReplyError};
use traced_actor::context::MessageContext;
use traced_actor::observe::AskEnd;

use crate::failure;
use crate::handover::{self, Arrived};
use crate::token::{self, Read};

/// The future of a handler that kameo boxes.
type Handling<'a> = Pin<Box<dyn Future<Output = Handled> + Send + 'a>>;
/// The outcome of a handler for kameo: an error if nobody waits for the reply.
pub type Handled = Result<(), Box<dyn ReplyError>>;

/// Reads a signal that an actor takes out of its mailbox.
///
/// Stores the message's context for the handler, and restores the message's name.
pub fn received<A>(actor: &WeakActorRef<A>, signal: &mut Option<Signal<A>>)
where
    A: Actor + Message<Buffered<A>>,
{
    handover::forget();
    match signal {
        Some(Signal::Message { message, reply, sent_within_actor, message_name, .. }) => {
            let Read { context, name, ask } = token::read(message_name);
            *message_name = name.unwrap_or("message");
            let context = context.unwrap_or_else(|| {
                failure::context_lost();
                MessageContext::ABSENT
            });
            let ask = ask.and_then(|ask| {
                let (ask, id) = *ask;
                id.note(reply.is_some());
                if reply.is_some() {
                    return Some(ask);
                }
                ask.end(AskEnd::Told);
                None
            });
            let found = Arrived::new(actor.id(), context, reply.is_some(), ask);
            // kameo buffers it until the actor has started, and calls the handler later.
            if !*sent_within_actor && actor.with_startup_result(|_| ()).is_none() {
                Buffered::put_around(message, found);
            } else {
                handover::put(found);
            }
        }
        Some(Signal::LinkDied { id, reason, mailbox_rx, .. }) => {
            failure::link_died(*id, reason, mailbox_rx.is_some());
        }
        _ => {}
    }
}

/// Calls the handler of a message, as the [`Actor::on_message`] of an actor without its own.
pub fn on_message<'a, A: Actor>(
    actor: &'a mut A,
    message: BoxMessage<A>,
    actor_ref: ActorRef<A>,
    reply: Option<BoxReplySender>,
    stop: &'a mut bool,
) -> OnMessage<'a> {
    OnMessage { handling: message.handle_dyn(actor, actor_ref, reply, stop), is_polled: false }
}

/// The future of a handler, which takes its message's context in the first poll.
pub struct OnMessage<'a> {
    handling: Handling<'a>,
    is_polled: bool,
}

impl Future for OnMessage<'_> {
    type Output = Handled;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Handled> {
        let poll = self.handling.as_mut().poll(cx);
        if !self.is_polled {
            self.is_polled = true;
            handover::forget();
        }
        poll
    }
}

impl fmt::Debug for OnMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnMessage")
    }
}

/// A message that arrived before its actor had started, with its context.
///
/// kameo buffers such a message. Its context stays with it, so any number of messages can be buffered.
pub struct Buffered<A: Actor>(Option<(BoxMessage<A>, Arrived)>);

impl<A: Actor + Message<Self>> Buffered<A> {
    fn put_around(place: &mut BoxMessage<A>, arrived: Arrived) {
        let message = mem::replace(place, Box::new(Self(None)));
        *place = Box::new(Self(Some((message, arrived))));
    }

    /// Handles the message as if it were taken out of the mailbox now.
    pub async fn handle(self, actor: &mut A, context: &mut Context<A, Passed>) -> Passed {
        let Some((message, arrived)) = self.0 else { return Passed(Ok(())) };
        handover::put(arrived);
        let (_, reply) = context.reply_sender();
        let mut stop = false;
        let reply = reply.map(kameo::reply::ReplySender::boxed);
        let passed = on_message(actor, message, context.actor_ref().clone(), reply, &mut stop).await;
        if stop {
            context.stop();
        }
        Passed(passed)
    }
}

impl<A: Actor> fmt::Debug for Buffered<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buffered")
    }
}

/// The reply to a [`Buffered`] message: nothing, since its handler replies itself, or an error that nobody waits for.
#[derive(Debug)]
pub struct Passed(Handled);

impl Reply for Passed {
    type Ok = ();
    type Error = kameo::error::Infallible;
    type Value = Self;

    fn to_result(self) -> Result<(), kameo::error::Infallible> {
        Ok(())
    }

    fn into_any_err(self) -> Option<Box<dyn ReplyError>> {
        self.0.err()
    }

    fn into_value(self) -> Self {
        self
    }
}
