//! Hands a message's context from kameo's mailbox to the handler, on the thread that takes the message out.
//!
//! kameo takes a message out and calls the handler in one poll, so one place for each thread is enough. It is cleared
//! when the next message is taken out, and after the handler's first poll. So a context that nobody took is never used
//! for another message.

use std::cell::{Cell, RefCell};

use kameo::actor::ActorId;
use traced_actor::__private::Ask;
use traced_actor::context::MessageContext;

thread_local! {
    static ARRIVED: Cell<Option<Place>> = const { Cell::new(None) };
    /// The sampled context of the message, and its ask.
    ///
    /// Stored separately, since reaching a thread-local with a destructor costs more.
    static KEPT: RefCell<(MessageContext, Option<Ask>)> = const { RefCell::new((MessageContext::ABSENT, None)) };
}

/// The data that arrives with a message.
pub(crate) struct Arrived {
    /// The actor's number, which kameo never reuses in a process.
    actor: u64,
    pub(crate) context: MessageContext,
    /// Whether the sender waits for a reply.
    pub(crate) is_ask: bool,
    /// The ask, if somebody observes it.
    pub(crate) ask: Option<Ask>,
}

#[derive(Clone, Copy)]
struct Place {
    actor: u64,
    /// The context, if it consists only of a state, and no ask is observed.
    tag: Option<u8>,
    is_ask: bool,
}

impl Arrived {
    #[inline]
    pub(crate) fn new(actor: ActorId, context: MessageContext, is_ask: bool, ask: Option<Ask>) -> Self {
        Self { actor: actor.sequence_id(), context, is_ask, ask }
    }
}

/// Stores the data of the message that this thread handles next.
#[inline]
pub(crate) fn put(arrived: Arrived) {
    let Arrived { actor, context, is_ask, ask } = arrived;
    let tag = if ask.is_none() { context.to_tag() } else { None };
    ARRIVED.set(Some(Place { actor, tag, is_ask }));
    if tag.is_none() {
        keep(context, ask);
    }
}

#[inline(never)]
fn keep(context: MessageContext, ask: Option<Ask>) {
    // A thread that is shutting down handles no more messages.
    let last = KEPT.try_with(|place| place.replace((context, ask)));
    drop(last);
}

/// Takes the data of the message for this actor, or returns `None` if none was just taken out.
#[inline]
pub(crate) fn take(actor: ActorId) -> Option<Arrived> {
    let Place { actor: of, tag, is_ask } = ARRIVED.take()?;
    if of != actor.sequence_id() {
        return None;
    }
    let (context, ask) = match tag {
        Some(tag) => (MessageContext::from_tag(tag)?, None),
        None => take_kept()?,
    };
    Some(Arrived { actor: of, context, is_ask, ask })
}

#[inline(never)]
fn take_kept() -> Option<(MessageContext, Option<Ask>)> {
    KEPT.try_with(RefCell::take).ok()
}

/// Clears data that nobody took.
#[inline]
pub fn forget() {
    if ARRIVED.take().is_some_and(|left| left.tag.is_none()) {
        drop(take_kept());
    }
}
