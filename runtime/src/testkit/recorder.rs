//! The recorder that keeps every finished span in memory.

use std::any::Any;
use std::sync::Weak;

use super::spans::{Shared, Spans};
use crate::context::{Timestamp, TraceContext};
use crate::record::{Attribute, Failure, FinishedSpans, OpenSpan, Recorder, Span, SpanEnd, SpanStart};

/// Keeps every finished span as long as a `Spans` exists.
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
    fn start(&self, span: &SpanStart<'_>) -> Option<OpenSpan> {
        let span = self.finished.start(span)?;
        if let Some(shared) = self.shared.upgrade() {
            shared.started();
        }
        Some(OpenSpan::new(span.context(), Open { span, shared: self.shared.clone() }))
    }
}

/// A span that counts as open until it is dropped.
struct Open {
    span: OpenSpan,
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
    fn finish(&self, context: TraceContext, end: &SpanEnd<'_>) {
        self.span.span().finish(context, end);
        self.close();
    }

    fn set_attribute(&self, context: TraceContext, name: &'static str, value: Attribute<'_>) {
        self.span.span().set_attribute(context, name, value);
    }

    fn add_event(&self, context: TraceContext, name: &'static str, at: Timestamp) {
        self.span.span().add_event(context, name, at);
    }

    fn update_name(&self, context: TraceContext, name: &str) {
        self.span.span().update_name(context, name);
    }

    fn rename(&self, context: TraceContext, name: &'static str, actor: &'static str) {
        self.span.span().rename(context, name, actor);
    }

    fn record_error(&self, context: TraceContext, failure: &Failure<'_>) {
        self.span.span().record_error(context, failure);
    }

    fn discard(&self, context: TraceContext) -> bool {
        let discarded = self.span.span().discard(context);
        if discarded {
            self.close();
        }
        discarded
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
