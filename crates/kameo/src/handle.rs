//! Handles a message in its span.

use kameo::actor::ActorRef;
use traced_actor::__private::Ask;
use traced_actor::Options;
use traced_actor::actor::HandlerSpan;
use traced_actor::observe::Known;
use traced_actor::sync::wrap::Describe;

use crate::handover::{self, Arrived};

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
    let (context, is_ask, ask) = match arrived {
        Some(Arrived { context, is_ask, ask, .. }) => (Some(context), Some(is_ask), ask),
        None => (None, None, None),
    };
    let span = HandlerSpan::open(message, context, describe, options, || is_ask);
    let unknown = || Ask::by_message(|| describe.message_type(message), Known::Ask);
    if let Some(ask) = ask.or_else(|| is_ask.filter(|is_ask| *is_ask).and_then(|_| unknown())) {
        ask.taken(&span);
    }
    span
}
