//! From ractor's mailbox to the handler: what a message carried, on the thread that takes it out.
//!
//! ractor takes a message out and calls the handler with nothing between, so one place a thread is enough. What was left there by
//! a message that nobody handled, such as one whose send failed, is never taken for another's: it belongs to one type and one actor.

use std::any::TypeId;
use std::cell::RefCell;

use ractor::ActorId;
use traced_actor::context::MessageContext;

thread_local! {
    static TAKEN_OUT: RefCell<Option<TakenOut>> = const { RefCell::new(None) };
}

struct TakenOut {
    message: TypeId,
    /// The actor that it was sent to; not known of what came from another node.
    to: Option<u64>,
    carried: MessageContext,
}

/// Notes what the message carried that is taken out now.
pub(crate) fn put<M: 'static>(to: Option<u64>, carried: MessageContext) {
    let taken = TakenOut { message: TypeId::of::<M>(), to, carried };
    // A thread that is being torn down handles nothing more.
    let last = TAKEN_OUT.try_with(|place| place.replace(Some(taken)));
    drop(last);
}

/// Takes what the message carried that the actor `to` is called with; `None` where it was not taken out just now.
pub(crate) fn take<M: 'static>(to: ActorId) -> Option<MessageContext> {
    let taken = TAKEN_OUT.try_with(RefCell::take).ok()??;
    let is_its =
        taken.message == TypeId::of::<M>() && taken.to.is_none_or(|pid| to.is_local() && pid == to.pid());
    is_its.then_some(taken.carried)
}
