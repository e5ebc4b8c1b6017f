//! From kameo's mailbox to the handler: what a message carried, on the thread that takes it out.
//!
//! kameo takes a message out and calls the handler in one poll, so one place a thread is enough. It is emptied where the next
//! message is taken out, and where the handler has been polled once: what nobody took is never taken for another's.

use std::cell::{Cell, RefCell};

use kameo::actor::ActorId;
use traced_actor::context::MessageContext;

thread_local! {
    static ARRIVED: Cell<Option<Place>> = const { Cell::new(None) };
    /// The sampled context of what arrived. Apart, since a place that is dropped is dearer to reach.
    static SAMPLED: RefCell<MessageContext> = const { RefCell::new(MessageContext::ABSENT) };
}

/// What is known of a message that an actor is called with.
pub(crate) struct Arrived {
    /// The actor, by kameo's number, which is its own in this process.
    actor: u64,
    pub(crate) carried: MessageContext,
    /// Whether its sender waits for a reply.
    pub(crate) is_ask: bool,
}

#[derive(Clone, Copy)]
struct Place {
    actor: u64,
    /// The context, if it is no more than a state.
    tag: Option<u8>,
    is_ask: bool,
}

impl Arrived {
    #[inline]
    pub(crate) fn new(actor: ActorId, carried: MessageContext, is_ask: bool) -> Self {
        Self { actor: actor.sequence_id(), carried, is_ask }
    }
}

/// Notes what the message carried that is handled next on this thread.
#[inline]
pub(crate) fn put(arrived: Arrived) {
    let Arrived { actor, carried, is_ask } = arrived;
    let tag = carried.to_tag();
    ARRIVED.set(Some(Place { actor, tag, is_ask }));
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

/// Takes what the message carried that this actor is called with; `None` where it was not taken out just now.
#[inline]
pub(crate) fn take(actor: ActorId) -> Option<Arrived> {
    let Place { actor: of, tag, is_ask } = ARRIVED.take()?;
    if of != actor.sequence_id() {
        return None;
    }
    let carried = match tag {
        Some(tag) => MessageContext::from_tag(tag)?,
        None => take_sampled()?,
    };
    Some(Arrived { actor: of, carried, is_ask })
}

#[inline(never)]
fn take_sampled() -> Option<MessageContext> {
    SAMPLED.try_with(RefCell::take).ok()
}

/// Forgets what nobody took.
#[inline]
pub fn forget() {
    ARRIVED.set(None);
}
