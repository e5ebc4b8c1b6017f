//! A message in an actor's mailbox, with the context of its sender.

use std::marker::PhantomData;

use actix::dev::{EnvelopeProxy, ToEnvelope};
use actix::{Actor, Handler, Message};
use tokio::sync::oneshot;
use traced_actor::__private::Ask;
use traced_actor::Envelope;
use traced_actor::observe::AskEnd;

use crate::actor::{Naming, TracedActor, ask, capture, undelivered};
use crate::context::Context;
use crate::handle::{Receives, Reply};
use crate::sync_context::SyncContext;

/// A message in actix's mailbox.
struct Parcel<A, M>
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    /// The envelope, until the message is handled.
    envelope: Option<Envelope<M>>,
    /// The channel for the answer, if the sender waits for one.
    reply: Reply<M>,
    to: PhantomData<fn() -> A>,
}

/// Reports a message that was left in the mailbox of an actor that has ended.
impl<A, M> Drop for Parcel<A, M>
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    fn drop(&mut self) {
        if let Some(envelope) = self.envelope.take() {
            undelivered::<A, M>(envelope, self.reply.is_some());
        }
    }
}

/// Packs a message. actix calls this in the sender, and only for a message that the mailbox accepts.
fn pack<A, M>(message: M, reply: Reply<M>) -> actix::dev::Envelope<A>
where
    A: Actor<Context: Receives<A, M>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    let ask = reply.is_some().then(|| ask::<A, M>(&message)).flatten();
    let parcel = Parcel::<A, M> { envelope: Some(capture::<A, M>(message)), reply, to: PhantomData };
    match ask {
        None => actix::dev::Envelope::with_proxy(Box::new(parcel)),
        ask => actix::dev::Envelope::with_proxy(Box::new(Asking { parcel, ask })),
    }
}

/// A message whose ask somebody observes.
struct Asking<A, M>
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    parcel: Parcel<A, M>,
    ask: Option<Ask>,
}

impl<A, M> ToEnvelope<A, M> for Context<A>
where
    A: Actor<Context = Self> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, reply: Reply<M>) -> actix::dev::Envelope<A> {
        pack(message, reply)
    }
}

impl<A, M> ToEnvelope<A, M> for SyncContext<A>
where
    A: Actor<Context = Self> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, reply: Reply<M>) -> actix::dev::Envelope<A> {
        pack(message, reply)
    }
}

impl<A, M> EnvelopeProxy<A> for Parcel<A, M>
where
    A: Actor<Context: Receives<A, M>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    fn handle(&mut self, actor: &mut A, context: &mut A::Context) {
        self.open(actor, context, None);
    }
}

impl<A, M> EnvelopeProxy<A> for Asking<A, M>
where
    A: Actor<Context: Receives<A, M>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    fn handle(&mut self, actor: &mut A, context: &mut A::Context) {
        self.parcel.open(actor, context, self.ask.take());
    }
}

impl<A, M> Parcel<A, M>
where
    A: Actor<Context: Receives<A, M>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    /// Handles the message.
    #[inline]
    fn open(&mut self, actor: &mut A, context: &mut A::Context, ask: Option<Ask>) {
        let Some(envelope) = self.envelope.take() else { return };
        let reply = self.reply.take();
        // Like actix: the sender no longer waits.
        if !reply.as_ref().is_some_and(oneshot::Sender::is_closed) {
            context.receive(actor, envelope, reply, ask);
        } else if let Some(ask) = ask {
            ask.end(AskEnd::Cancelled);
        }
    }
}
