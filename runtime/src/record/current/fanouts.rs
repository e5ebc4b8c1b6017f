//! What became of the fan-outs under one span, chosen or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::{Content, Frame, top};
use crate::context::Timestamp;
use crate::record::FanoutSummary;

/// Kept by the span whose handling sends; every recipient counts, also those that were not chosen.
pub(super) struct Fanouts {
    size: AtomicU64,
    selected: AtomicU64,
    errors: AtomicU64,
    /// Sends that waited for room, and for how long, in nanoseconds.
    waited: AtomicU64,
    shortest: AtomicU64,
    longest: AtomicU64,
}

impl Default for Fanouts {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self {
            size: zero(),
            selected: zero(),
            errors: zero(),
            waited: zero(),
            shortest: AtomicU64::new(u64::MAX),
            longest: zero(),
        }
    }
}

impl Fanouts {
    pub(super) fn add(&self, size: u64, selected: u64) {
        self.size.fetch_add(size, Relaxed);
        self.selected.fetch_add(selected, Relaxed);
    }

    fn failed(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    fn waited(&self, wait: Duration) {
        let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        self.waited.fetch_add(1, Relaxed);
        self.shortest.fetch_min(nanos, Relaxed);
        self.longest.fetch_max(nanos, Relaxed);
    }

    /// `None` where nothing was sent.
    pub(super) fn summary(&self) -> Option<FanoutSummary> {
        let (size, errors) = (self.size.load(Relaxed), self.errors.load(Relaxed));
        let at_once = size.saturating_sub(errors) > self.waited.load(Relaxed);
        let shortest = if at_once { 0 } else { self.shortest.load(Relaxed) };
        let longest = self.longest.load(Relaxed);
        (size > 0).then(|| FanoutSummary {
            size,
            selected: self.selected.load(Relaxed),
            errors,
            // Where all failed, nobody waited.
            wait_min: Duration::from_nanos(shortest.min(longest)),
            wait_max: Duration::from_nanos(longest),
        })
    }
}

/// A send that found no room at once, and belongs to a fan-out if one is current. Boxed, because it is a part of every
/// send's future.
pub(crate) struct Waiting(Option<Box<(Arc<Frame>, Timestamp)>>);

impl Waiting {
    #[cold]
    pub(crate) fn start() -> Self {
        let counts = |frame: &Arc<Frame>| match &frame.content {
            Content::Fanout(_) => true,
            Content::Span(open) => open.announced.is_some(),
            Content::Passing(_) | Content::Light(_) => false,
        };
        Self(top().filter(counts).map(|frame| Box::new((frame, Timestamp::now()))))
    }

    /// A send into a channel that has room or not.
    #[inline]
    pub(crate) fn if_full(full: bool) -> Self {
        if full { Self::start() } else { Self(None) }
    }

    /// A send that blocks while the channel is full.
    #[cfg(any(feature = "async-channel", feature = "flume"))]
    pub(crate) fn during<E>(full: bool, send: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let waiting = Self::if_full(full);
        let sent = send();
        waiting.end(sent.is_ok());
        sent
    }

    /// The message is in the mailbox, or it never will be.
    #[inline]
    pub(crate) fn end(self, sent: bool) {
        match self.0 {
            Some(waiting) => Self::waited(&waiting, sent),
            None if !sent => send_failed(),
            None => {}
        }
    }

    #[cold]
    fn waited((frame, since): &(Arc<Frame>, Timestamp), sent: bool) {
        let Some(open) = frame.open_span() else { return };
        if sent {
            open.fanouts().waited(Timestamp::now().since(*since));
        } else {
            open.fanouts().failed();
        }
    }
}

/// A send failed without a wait.
#[cold]
pub(crate) fn send_failed() {
    if let Some(waiting) = Waiting::start().0 {
        Waiting::waited(&waiting, false);
    }
}
