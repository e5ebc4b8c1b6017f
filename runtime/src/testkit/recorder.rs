//! The recorder that keeps every finished span in memory.

use std::any::Any;
use std::sync::Weak;

use super::spans::{Shared, Spans};
use crate::context::{Timestamp, TraceContext};
use crate::record::{Attribute, Failure, FinishedSpans, Recorder, Span, SpanEnd, SpanStart};

/// Keeps every finished span, as long as a `Spans` exists.
pub(super) fn recorder(spans: &Spans) -> impl Recorder + use<> {
    let shared = std::sync::Arc::downgrade(spans.shared());
    let taken = shared.clone();
    let finished = FinishedSpans::new(move |span| {
        if let Some(shared) = taken.upgrade() {
            shared.ended(span);
        }
    });
    Kept { finished, shared }
}

struct Kept<R> {
    finished: R,
    shared: Weak<Shared>,
}

impl<R: Recorder> Recorder for Kept<R> {
    fn start(&self, span: &SpanStart<'_>) -> Option<Box<dyn Span>> {
        let span = self.finished.start(span)?;
        if let Some(shared) = self.shared.upgrade() {
            shared.started();
        }
        Some(Box::new(Open { span, shared: self.shared.clone() }))
    }
}

/// A span that counts as open until it is dropped.
struct Open {
    span: Box<dyn Span>,
    shared: Weak<Shared>,
}

impl Open {
    fn close(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.closed();
        }
    }
}

impl Span for Open {
    fn context(&self) -> TraceContext {
        self.span.context()
    }

    fn finish(&self, end: &SpanEnd<'_>) {
        self.span.finish(end);
        self.close();
    }

    fn set_attribute(&self, name: &'static str, value: Attribute<'_>) {
        self.span.set_attribute(name, value);
    }

    fn add_event(&self, name: &'static str, at: Timestamp) {
        self.span.add_event(name, at);
    }

    fn update_name(&self, name: &str) {
        self.span.update_name(name);
    }

    fn rename(&self, name: &'static str, actor: &'static str) {
        self.span.rename(name, actor);
    }

    fn record_error(&self, failure: &Failure<'_>) {
        self.span.record_error(failure);
    }

    fn discard(&self) -> bool {
        let discarded = self.span.discard();
        if discarded {
            self.close();
        }
        discarded
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
