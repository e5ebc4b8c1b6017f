//! Messages that an actor's context delivers itself: immediately, after some time, or from a stream.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use actix::clock::{Sleep, sleep};
use actix::dev::{AsyncContextParts, Stream};
use actix::{Actor, ActorContext, ActorFuture, ActorState, AsyncContext, Handler, Message, SpawnHandle};
use pin_project_lite::pin_project;
use traced_actor::Envelope;
use traced_actor::context::MessageContext;

use crate::actor::{Naming, TracedActor, capture};
use crate::context::Context;
use crate::handle::Receives;

/// Replaces methods of `AsyncContext`, which does not know the messages of a traced actor.
impl<A: Actor<Context = Self>> Context<A> {
    /// Sends the actor a message without its mailbox, like [`AsyncContext::notify`], with the trace.
    pub fn notify<M>(&mut self, message: M)
    where
        A: TracedActor + Handler<M>,
        A::Naming: Naming<M>,
        M: Message + 'static,
    {
        if self.state() != ActorState::Stopped {
            self.parts().spawn(OwnMessage::now(capture::<A, M>(message)));
        }
    }

    /// Sends the actor a message after some time, like [`AsyncContext::notify_later`]. The message starts a trace.
    pub fn notify_later<M>(&mut self, message: M, after: Duration) -> SpawnHandle
    where
        A: TracedActor + Handler<M>,
        A::Naming: Naming<M>,
        M: Message + 'static,
    {
        if self.state() == ActorState::Stopped {
            return SpawnHandle::default();
        }
        self.parts().spawn(OwnMessage::later(Envelope::new(message, MessageContext::ABSENT), after))
    }

    /// Sends the actor each message of a stream, like [`AsyncContext::add_message_stream`]. Each starts a trace.
    pub fn add_message_stream<S>(&mut self, stream: S)
    where
        S: Stream<Item: Message> + 'static,
        A: TracedActor + Handler<S::Item>,
        A::Naming: Naming<S::Item>,
    {
        if self.state() != ActorState::Stopped {
            self.parts().spawn(MessageStream::new(stream));
        }
    }
}

pin_project! {
    /// A message for the actor itself.
    pub(crate) struct OwnMessage<M> {
        // `None` once it is handled.
        envelope: Option<Envelope<M>>,
        #[pin]
        after: Option<Sleep>,
    }
}

impl<M> OwnMessage<M> {
    pub(crate) fn now(envelope: Envelope<M>) -> Self {
        Self { envelope: Some(envelope), after: None }
    }

    pub(crate) fn later(envelope: Envelope<M>, after: Duration) -> Self {
        Self { envelope: Some(envelope), after: Some(sleep(after)) }
    }
}

impl<A, M> ActorFuture<A> for OwnMessage<M>
where
    A: Actor<Context = Context<A>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + 'static,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, actor: &mut A, context: &mut Context<A>, task: &mut Task<'_>) -> Poll<()> {
        let this = self.project();
        if let Some(after) = this.after.as_pin_mut() {
            ready!(after.poll(task));
        }
        if let Some(envelope) = this.envelope.take() {
            context.receive(actor, envelope, None, None);
        }
        Poll::Ready(())
    }
}

pin_project! {
    /// The messages of a stream.
    pub(crate) struct MessageStream<S> {
        #[pin]
        stream: S,
    }
}

impl<S> MessageStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream }
    }
}

impl<A, S> ActorFuture<A> for MessageStream<S>
where
    A: Actor<Context = Context<A>> + TracedActor + Handler<S::Item>,
    A::Naming: Naming<S::Item>,
    S: Stream<Item: Message + 'static>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, actor: &mut A, context: &mut Context<A>, task: &mut Task<'_>) -> Poll<()> {
        let mut this = self.project();
        while let Some(message) = ready!(this.stream.as_mut().poll_next(task)) {
            context.receive(actor, Envelope::new(message, MessageContext::ABSENT), None, None);
            if context.waiting() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}
