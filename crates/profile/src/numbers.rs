//! An observer that only assigns numbers to handlings.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use traced_actor::observe::{HandlingId, Mailbox, MessageType, Observer, Received, Unsent};
use traced_actor::record::Failure;

/// The next number.
#[derive(Debug)]
pub(crate) struct Numbers(AtomicU32);

impl Numbers {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(1))
    }
}

impl Observer for Numbers {
    fn sent(&self, _: MessageType, _: Option<&Mailbox>, _: Option<HandlingId>) -> u64 {
        0
    }

    fn now(&self) -> u64 {
        0
    }

    fn send_waited(&self, _: MessageType, _: Option<&Mailbox>, _: u64) {}

    fn send_failed(&self, _: MessageType, _: Option<&Mailbox>, _: Unsent) {}

    fn received(&self, _: &Received<'_>) -> Option<HandlingId> {
        // Those above are the numbers of tasks.
        HandlingId::new(self.0.fetch_add(1, Relaxed) & (u32::MAX >> 1))
    }

    fn ended(&self, _: HandlingId, _: Option<&Failure<'_>>) {}

    fn held(&self, _: HandlingId) {}
}
