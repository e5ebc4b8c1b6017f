//! Handles a message in its span.

use kameo::actor::ActorRef;
use traced_actor::Options;
use traced_actor::actor::HandlerSpan;
use traced_actor::sync::wrap::Describe;

use crate::handover;

/// Opens the span of a message that an actor handles.
///
/// If kameo has not just taken the message out of the mailbox, it was passed by code, such as another handler of the
/// actor. That is a direct call, which continues the caller's span.
#[inline]
pub fn open<A: kameo::Actor, M>(
    options: &'static Options,
    actor: &ActorRef<A>,
    message: &M,
    describe: Describe<M>,
) -> HandlerSpan {
    let arrived = handover::take(actor.id());
    let (context, is_ask) = arrived.map(|arrived| (arrived.context, arrived.is_ask)).unzip();
    HandlerSpan::open(message, context, describe, options, || is_ask)
}
