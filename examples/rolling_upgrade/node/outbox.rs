//! What a node has to send to another: messages, not bytes. The bytes are made when there is a connection, for
//! whoever answers on it; the next incarnation of a node may be an older release.

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

    /// Gives back what was not taken, the oldest first.
    pub(crate) fn put_back(&self, untaken: impl DoubleEndedIterator<Item = H>) {
        let mut queue = self.lock();
        untaken.rev().for_each(|held| queue.push_front(held));
    }

    /// Waits for a message. Nothing is lost when it is given up.
    pub(crate) async fn pop(&self) -> H {
        loop {
            if let Some(held) = self.lock().pop_front() {
                return held;
            }
            self.pushed.notified().await;
        }
    }

    /// What is left, in the end.
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
