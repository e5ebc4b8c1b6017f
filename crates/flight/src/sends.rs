//! Records which messages a handler sends, as the observer of the process.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use traced_actor::context::TraceContext;
use traced_actor::observe::{HandlingId, Mailbox, MessageType, Observer, Received, Unsent};
use traced_actor::record::Failure;

use super::recorder::Shared;
use super::span::Random;

/// Knows the spans of what is being handled, so that a send is recorded under the span of its sender.
pub(crate) struct SendObserver {
    shared: &'static Shared,
    /// The number of the last handling.
    last: AtomicU32,
    /// The span of each handling that has not ended, by its number.
    spans: [Mutex<Spans>; SHARDS],
}

type Spans = HashMap<u64, u64, BuildHasherDefault<Random>>;

/// The number of locks. Handlings in a row have different ones.
const SHARDS: usize = 64;

impl SendObserver {
    pub(crate) fn new(shared: &'static Shared) -> Self {
        Self { shared, last: AtomicU32::new(0), spans: std::array::from_fn(|_| Mutex::default()) }
    }

    fn spans(&self, of: HandlingId) -> MutexGuard<'_, Spans> {
        let shard = &self.spans[of.get() as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns another number.
    fn number(&self) -> Option<HandlingId> {
        HandlingId::new(self.last.fetch_add(1, Relaxed).wrapping_add(1))
    }

    fn set_span(&self, of: HandlingId, span: u64) {
        self.spans(of).insert(of.get().into(), span);
    }

    fn span(&self, of: HandlingId) -> Option<u64> {
        self.spans(of).get(&of.get().into()).copied()
    }
}

impl Observer for SendObserver {
    fn sent(&self, message: MessageType, _: Option<&Mailbox>, from: Option<HandlingId>) -> u64 {
        if let Some(span) = from.and_then(|handling| self.span(handling)) {
            self.shared.record_send(span, message);
        }
        // No time: a recorded message carries its own.
        0
    }

    fn now(&self) -> u64 {
        0
    }

    fn send_waited(&self, _: MessageType, _: Option<&Mailbox>, _: u64) {}

    fn send_failed(&self, _: MessageType, _: Option<&Mailbox>, _: Unsent) {}

    fn received(&self, _: &Received<'_>) -> Option<HandlingId> {
        self.number()
    }

    fn sampled(&self, handling: HandlingId, context: TraceContext) {
        self.set_span(handling, context.span_id.get());
    }

    fn spawned(&self, of: HandlingId) -> Option<HandlingId> {
        let span = self.span(of)?;
        let task = self.number()?;
        self.set_span(task, span);
        Some(task)
    }

    fn ended(&self, handling: HandlingId, _: Option<&Failure<'_>>) {
        self.spans(handling).remove(&handling.get().into());
    }

    fn held(&self, handling: HandlingId) {
        self.ended(handling, None);
    }
}
