//! The messages for another node. It stores messages and not bytes: they are encoded when there is a connection, for
//! the peer that answers on it, because the next incarnation of a node may be an older release.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The messages for one peer, the oldest first.
pub(crate) struct Outbox<H> {
    queue: Mutex<VecDeque<H>>,
    pushed: Notify,
}

impl<H> Outbox<H> {
    pub(crate) fn new() -> Self {
        Self { queue: Mutex::default(), pushed: Notify::new() }
    }

    pub(crate) fn push(&self, held: H) {
        self.lock().push_back(held);
        self.pushed.notify_one();
    }

    /// Puts back the messages that were not taken, the oldest first.
    pub(crate) fn put_back(&self, untaken: impl DoubleEndedIterator<Item = H>) {
        let mut queue = self.lock();
        untaken.rev().for_each(|held| queue.push_front(held));
    }

    /// Waits for a message. Cancellation safe.
    pub(crate) async fn pop(&self) -> H {
        loop {
            if let Some(held) = self.lock().pop_front() {
                return held;
            }
            self.pushed.notified().await;
        }
    }

    /// Takes all remaining messages.
    pub(crate) fn take_all(&self) -> VecDeque<H> {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<H>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
