//! A message is handled: in its span.

use kameo::actor::ActorRef;
use traced_actor::Options;
use traced_actor::actor::HandlerSpan;
use traced_actor::sync::wrap::Describe;

use crate::handover;

/// Opens the span of a message that an actor is called with.
///
/// A message that kameo has not taken out for it just now was given by hand, as by another handler of the actor: that is a direct
/// call, which goes on with what its caller works on.
#[inline]
pub fn open<A: kameo::Actor, M>(
    options: &'static Options,
    actor: &ActorRef<A>,
    message: &M,
    describe: Describe<M>,
) -> HandlerSpan {
    let arrived = handover::take(actor.id());
    let (carried, is_ask) = arrived.map(|arrived| (arrived.carried, arrived.is_ask)).unzip();
    HandlerSpan::open(message, carried, describe, options, || is_ask)
}
