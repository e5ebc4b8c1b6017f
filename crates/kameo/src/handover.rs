//! From kameo's mailbox to the handler: what a message carried, on the thread that takes it out.
//!
//! kameo takes a message out and calls the handler in one poll, so one place a thread is enough. It is emptied where the next
//! message is taken out, and where the handler has been polled once: what nobody took is never taken for another's.

use std::cell::RefCell;

use kameo::actor::ActorId;
use traced_actor::context::MessageContext;

thread_local! {
    static ARRIVED: RefCell<Option<Arrived>> = const { RefCell::new(None) };
}

/// What is known of a message that an actor is called with.
pub(crate) struct Arrived {
    /// The actor, by kameo's number, which is its own in this process.
    actor: u64,
    pub(crate) carried: MessageContext,
    /// Whether its sender waits for a reply.
    pub(crate) is_ask: bool,
}

impl Arrived {
    pub(crate) fn new(actor: ActorId, carried: MessageContext, is_ask: bool) -> Self {
        Self { actor: actor.sequence_id(), carried, is_ask }
    }
}

/// Notes what the message carried that is handled next on this thread.
pub(crate) fn put(arrived: Option<Arrived>) {
    // A thread that is being torn down handles nothing more.
    let last = ARRIVED.try_with(|place| place.replace(arrived));
    drop(last);
}

/// Takes what the message carried that this actor is called with; `None` where it was not taken out just now.
pub(crate) fn take(actor: ActorId) -> Option<Arrived> {
    let arrived = ARRIVED.try_with(RefCell::take).ok()??;
    (arrived.actor == actor.sequence_id()).then_some(arrived)
}

/// Forgets what nobody took.
pub fn forget() {
    put(None);
}
