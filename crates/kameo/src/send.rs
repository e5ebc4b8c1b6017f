//! A message is sent: its context is captured where kameo asks for its name.

use std::marker::PhantomData;

use traced_actor::context::MessageContext;
use traced_actor::sync::wrap::{Describe, SendAttempt};

use crate::names::NameId;
use crate::token;

/// Returns the name under which a message of type `M` is sent now.
///
/// kameo asks for it once for each `ask` and `tell`, where the message is given to it. Where there is a context, the text stands
/// for it until the actor takes the message out; then the message has its own name again.
pub fn name<M>(id: &NameId, name: impl FnOnce() -> &'static str) -> &'static str {
    let carried = capture::<M>();
    let name = name();
    match carried.to_tag() {
        Some(_) if carried.is_absent() => name,
        Some(tag) => token::of_tag(tag, id, name),
        None => token::of_context(carried, name),
    }
}

/// Returns what a message carries that is sent now.
#[inline]
pub(crate) fn capture<M>() -> MessageContext {
    let (attempt, envelope) = SendAttempt::start(PhantomData::<M>, const { Describe::type_name() });
    // Whether the message arrives is not known here.
    attempt.sent();
    envelope.into_parts().1
}
