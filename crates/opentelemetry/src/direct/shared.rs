//! The state that a recorder shares with its spans.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanProcessor;

use super::limits::Limits;

pub(super) struct Shared {
    pub(super) processor: Box<dyn SpanProcessor>,
    pub(super) resource: Resource,
    pub(super) scope: InstrumentationScope,
    pub(super) limits: Limits,
    pub(super) is_shut_down: AtomicBool,
    pub(super) spans: AtomicU64,
    pub(super) attributes: AtomicU64,
    pub(super) events: AtomicU64,
    pub(super) links: AtomicU64,
}

impl Shared {
    /// Counts what a span that ends now has dropped. Returns the processor, if the span is kept.
    pub(super) fn ending(&self, attributes: u32, events: u32, links: u32) -> Option<&dyn SpanProcessor> {
        if self.is_shut_down.load(Relaxed) {
            self.spans.fetch_add(1, Relaxed);
            return None;
        }
        for (dropped, total) in [(attributes, &self.attributes), (events, &self.events), (links, &self.links)]
        {
            if dropped > 0 {
                total.fetch_add(dropped.into(), Relaxed);
            }
        }
        Some(&*self.processor)
    }
}
