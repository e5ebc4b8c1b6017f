//! Tells the observer about messages that are handled here.

use super::here::Here;
use crate::context::{ContextState, MessageContext};
use crate::observe::{Mailbox, MessageType, Received, Sent};
use crate::record::now;
use crate::sampling::Options;

/// Tells the observer, through `tell`, that an actor with these options starts to handle a message here.
pub(super) fn observed<R>(
    here: &Here,
    message: MessageType,
    options: Option<&'static Options>,
    context: &MessageContext,
    mailbox: Option<&Mailbox>,
    tell: impl FnOnce(&Received<'_>) -> R,
) -> R {
    let word = here.word.get();
    let own = || here.options.get().filter(|_| word.is_scoped())?.actor_name();
    let actor = options.and_then(Options::actor_name).or_else(own).or(message.actor);
    let sent = match context.state() {
        ContextState::Sampled(context) => context.sent.map(|sent| Sent::Ago(now().since(sent))),
        _ => context.observed().map(Sent::Observed),
    };
    let received = Received { message, actor, instance: None, mailbox, sent, is_batch: false };
    if !word.has_instance() {
        return tell(&received);
    }
    here.instance.with(|instance| tell(&Received { instance, ..received }))
}
