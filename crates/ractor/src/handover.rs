//! Hands a message's context from ractor's mailbox to the handler, on the thread that takes the message out.
//!
//! ractor takes a message out and then calls the handler immediately, so one place for each thread is enough. The
//! context of a message that nobody handled, such as one whose send failed, may stay there. It is never used for
//! another message, because it belongs to one type and one actor.

use std::any::TypeId;
use std::cell::{Cell, RefCell};

use ractor::ActorId;
use traced_actor::__private::Ask;
use traced_actor::context::MessageContext;

thread_local! {
    static TAKEN_OUT: Cell<Option<TakenOut>> = const { Cell::new(None) };
    /// The sampled context of the message, and its ask.
    ///
    /// Stored separately, since reaching a thread-local with a destructor costs more.
    static KEPT: RefCell<Kept> = const { RefCell::new((MessageContext::ABSENT, None)) };
}

/// The context of a message, and the ask that it belongs to.
pub(crate) type Kept = (MessageContext, Option<Ask>);

#[derive(Clone, Copy)]
struct TakenOut {
    message: TypeId,
    /// The actor that it was sent to. `None` if it came from another node.
    to: Option<u64>,
    /// The context, if it consists only of a state, and belongs to no ask.
    tag: Option<u8>,
}

/// Stores the context and the ask of the message that is taken out now.
#[inline]
pub(crate) fn put<M: 'static>(to: Option<u64>, context: MessageContext, ask: Option<Ask>) {
    let tag = if ask.is_none() { context.to_tag() } else { None };
    let last = TAKEN_OUT.replace(Some(TakenOut { message: TypeId::of::<M>(), to, tag }));
    if tag.is_none() || last.is_some_and(|last| last.tag.is_none()) {
        keep((context, ask));
    }
}

#[inline(never)]
fn keep(kept: Kept) {
    // A thread that is shutting down handles no more messages.
    let last = KEPT.try_with(|place| place.replace(kept));
    drop(last);
}

/// Takes what belongs to the message for the actor `to`, or returns `None` if none was just taken out.
#[inline]
pub(crate) fn take<M: 'static>(to: ActorId) -> Option<Kept> {
    let taken = TAKEN_OUT.take()?;
    let is_its =
        taken.message == TypeId::of::<M>() && taken.to.is_none_or(|pid| to.is_local() && pid == to.pid());
    match taken.tag {
        _ if !is_its => None,
        Some(tag) => Some((MessageContext::from_tag(tag)?, None)),
        None => take_kept(),
    }
}

#[inline(never)]
fn take_kept() -> Option<Kept> {
    KEPT.try_with(RefCell::take).ok()
}
