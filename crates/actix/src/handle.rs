//! Handles a message in its span, which ends with the answer.

use std::any::Any;

use actix::dev::{AsyncContextParts, MessageResponse};
use actix::{
    Actor, ActorResponse, AtomicResponse, Handler, Message, MessageResult, ResponseActFuture, ResponseFuture,
};
use tokio::sync::oneshot;
use traced_actor::__private::Ask;
use traced_actor::Envelope;
use traced_actor::actor::HandlerSpan;

use crate::actor::{Naming, TracedActor, open};
use crate::context::Context;
use crate::in_span::InSpan;
use crate::responding::Responding;
use crate::sync_context::SyncContext;

/// The channel for an answer, if the sender waits for one.
pub(crate) type Reply<M> = Option<oneshot::Sender<<M as Message>::Result>>;

/// A context whose actor is called with messages. Each message is handled in its span and answered.
pub(crate) trait Receives<A: Actor, M: Message> {
    /// Handles a message, and sends the answer.
    fn receive(&mut self, actor: &mut A, envelope: Envelope<M>, reply: Reply<M>, ask: Option<Ask>);
}

impl<A, M> Receives<A, M> for Context<A>
where
    A: Actor<Context = Self> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + 'static,
{
    #[inline]
    fn receive(&mut self, actor: &mut A, envelope: Envelope<M>, reply: Reply<M>, ask: Option<Ask>) {
        let (response, span) = call::<A, M>(actor, self, envelope, reply.is_some(), ask);
        respond::<A, M>(response, self, span, reply);
    }
}

/// Answers at once, because a thread of a `SyncArbiter` cannot spawn futures.
impl<A, M> Receives<A, M> for SyncContext<A>
where
    A: Actor<Context = Self> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + 'static,
{
    fn receive(&mut self, actor: &mut A, envelope: Envelope<M>, reply: Reply<M>, ask: Option<Ask>) {
        let (response, mut span) = call::<A, M>(actor, self, envelope, reply.is_some(), ask);
        span.end(result::<M>(&response).and_then(<A::Naming as Naming<M>>::failure));
        response.handle(self, reply);
    }
}

/// Calls the handler in the message's span.
#[inline]
fn call<A, M>(
    actor: &mut A,
    context: &mut A::Context,
    envelope: Envelope<M>,
    is_call: bool,
    ask: Option<Ask>,
) -> (<A as Handler<M>>::Result, HandlerSpan)
where
    A: TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message,
{
    let (message, mut span) = open::<A, M>(envelope, is_call);
    if let Some(ask) = ask {
        ask.taken(&span);
    }
    let response = span.call(|| <A as Handler<M>>::handle(actor, message, context));
    (response, span)
}

/// Sends the answer of a message, depending on its type. If the answer is a future, the span stays open until it
/// completes.
///
/// The type of the answer is known at compile time.
#[inline]
fn respond<A, M>(
    response: <A as Handler<M>>::Result,
    context: &mut Context<A>,
    mut span: HandlerSpan,
    reply: Reply<M>,
) where
    A: Actor<Context = Context<A>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + 'static,
{
    let mut response = Some(response);
    if let Some(future) = take::<_, ResponseFuture<M::Result>>(&mut response) {
        // Like actix.
        actix::spawn(run::<A, M>(future, span, reply));
    } else if let Some(future) = take::<_, ResponseActFuture<A, M::Result>>(&mut response) {
        let finish = move |span, result| finish::<A, M>(span, result, reply);
        context.parts().spawn(InSpan::owning(span, future, finish));
    } else if let Some(response) = response {
        match result::<M>(&response) {
            Some(result) => {
                span.end(<A::Naming as Naming<M>>::failure(result));
                response.handle(context, reply);
            }
            None => respond_in_context::<A, M>(response, context, span, reply),
        }
    }
}

async fn run<A, M>(future: ResponseFuture<M::Result>, span: HandlerSpan, reply: Reply<M>)
where
    A: TracedActor,
    A::Naming: Naming<M>,
    M: Message,
{
    let result = span.run(future, <A::Naming as Naming<M>>::failure).await;
    answer::<M>(result, reply);
}

/// Ends the span and then sends the answer, so that whoever waits for the answer finds the span.
fn finish<A, M>(mut span: HandlerSpan, result: M::Result, reply: Reply<M>)
where
    A: TracedActor,
    A::Naming: Naming<M>,
    M: Message,
{
    span.end(<A::Naming as Naming<M>>::failure(&result));
    answer::<M>(result, reply);
}

fn answer<M: Message>(result: M::Result, reply: Reply<M>) {
    if let Some(reply) = reply {
        // The sender may no longer wait.
        drop(reply.send(result));
    }
}

/// Sends an answer that uses the context in its own way, such as an [`AtomicResponse`].
fn respond_in_context<A, M>(
    response: <A as Handler<M>>::Result,
    context: &mut Context<A>,
    span: HandlerSpan,
    reply: Reply<M>,
) where
    A: Actor<Context = Context<A>> + TracedActor + Handler<M>,
    A::Naming: Naming<M>,
    M: Message + 'static,
{
    let any: &dyn Any = &response;
    let is_actix_own = any.is::<AtomicResponse<A, M::Result>>() || any.is::<ActorResponse<A, M::Result>>();
    let (reply, responding) = if is_actix_own {
        // The answer owns its future. The result is seen on its way to the sender.
        let (ours, mut answer) = oneshot::channel();
        let finish = move |mut span: HandlerSpan| match answer.try_recv() {
            Ok(result) => finish::<A, M>(span, result, reply),
            Err(_) => span.end(None),
        };
        (Some(ours), Responding::new(span, finish))
    } else {
        (reply, Responding::new(span, |mut span| span.end(None)))
    };
    let left = context.respond(responding, |context| response.handle(context, reply));
    if let Some(left) = left {
        left.finish();
    }
}

/// Takes the value out if its type is `T`.
#[inline]
fn take<R: 'static, T: 'static>(value: &mut Option<R>) -> Option<T> {
    let value: &mut dyn Any = value;
    value.downcast_mut::<Option<T>>()?.take()
}

/// Returns the result of an answer that is not a future.
#[inline]
fn result<M: Message + 'static>(response: &dyn Any) -> Option<&M::Result> {
    let wrapped = || Some(&response.downcast_ref::<MessageResult<M>>()?.0);
    response.downcast_ref().or_else(wrapped)
}
