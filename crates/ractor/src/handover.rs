//! From ractor's mailbox to the handler: what a message carried, on the thread that takes it out.
//!
//! ractor takes a message out and calls the handler with nothing between, so one place a thread is enough. What was left there by
//! a message that nobody handled, such as one whose send failed, is never taken for another's: it belongs to one type and one actor.

use std::any::TypeId;
use std::cell::{Cell, RefCell};

use ractor::ActorId;
use traced_actor::context::MessageContext;

thread_local! {
    static TAKEN_OUT: Cell<Option<TakenOut>> = const { Cell::new(None) };
    /// The sampled context of what was taken out. Apart, since a place that is dropped is dearer to reach.
    static SAMPLED: RefCell<MessageContext> = const { RefCell::new(MessageContext::ABSENT) };
}

#[derive(Clone, Copy)]
struct TakenOut {
    message: TypeId,
    /// The actor that it was sent to; not known of what came from another node.
    to: Option<u64>,
    /// The context, if it is no more than a state.
    tag: Option<u8>,
}

/// Notes what the message carried that is taken out now.
#[inline]
pub(crate) fn put<M: 'static>(to: Option<u64>, carried: MessageContext) {
    let tag = carried.to_tag();
    TAKEN_OUT.set(Some(TakenOut { message: TypeId::of::<M>(), to, tag }));
    if tag.is_none() {
        put_sampled(carried);
    }
}

#[inline(never)]
fn put_sampled(carried: MessageContext) {
    // A thread that is being torn down handles nothing more.
    let last = SAMPLED.try_with(|place| place.replace(carried));
    drop(last);
}

/// Takes what the message carried that the actor `to` is called with; `None` where it was not taken out just now.
#[inline]
pub(crate) fn take<M: 'static>(to: ActorId) -> Option<MessageContext> {
    let taken = TAKEN_OUT.take()?;
    let is_its =
        taken.message == TypeId::of::<M>() && taken.to.is_none_or(|pid| to.is_local() && pid == to.pid());
    match taken.tag {
        _ if !is_its => None,
        Some(tag) => MessageContext::from_tag(tag),
        None => take_sampled(),
    }
}

#[inline(never)]
fn take_sampled() -> Option<MessageContext> {
    SAMPLED.try_with(RefCell::take).ok()
}
