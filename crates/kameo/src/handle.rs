//! A message is handled: in its span.

use kameo::actor::ActorRef;
use traced_actor::{Envelope, current_span};

use crate::failure::CountPanic;
use crate::handover;

/// Returns the message that an actor is called with, with what it carried, and whether its sender waits for a reply.
///
/// A message that kameo has not taken out for it just now was given by hand, as by another handler of the actor: that is a direct
/// call, which goes on with what its caller works on.
pub fn arrived<A: kameo::Actor, M>(actor: &ActorRef<A>, message: M) -> (Envelope<M>, Option<bool>) {
    match handover::take(actor.id()) {
        Some(arrived) => (Envelope::new(message, arrived.carried), Some(arrived.is_ask)),
        None => (Envelope::bare(message), None),
    }
}

/// Begins to handle a message in its span. What is returned is dropped at the end.
pub fn begin(is_ask: Option<bool>) -> CountPanic {
    if let Some(is_ask) = is_ask {
        current_span().set_attribute("actor.message.type", if is_ask { "call" } else { "cast" });
    }
    CountPanic
}
