//! The queue of finished spans for the viewer's thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use traced_actor::record::FinishedSpan;

/// The maximum number of queued spans. The viewer's thread takes them five times per second.
const MOST: usize = 16_384;

/// Queued spans. A span wakes no thread, so it costs only a push.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    spans: Mutex<Vec<FinishedSpan>>,
    dropped: AtomicU64,
    is_closed: AtomicBool,
}

impl Inbox {
    /// Adds a span, or counts it as dropped if there is no room. Holds a lock for a push.
    pub(crate) fn put(&self, span: FinishedSpan) {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() < MOST && !self.is_closed.load(Relaxed) {
            spans.push(span);
        } else {
            drop(spans);
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn take(&self) -> Vec<FinishedSpan> {
        std::mem::take(&mut *self.spans.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes the queue, because no thread takes spans any more.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Relaxed);
        drop(self.take());
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}
