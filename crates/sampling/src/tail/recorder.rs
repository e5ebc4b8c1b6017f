//! A tail as a recorder for the spans of messages.

use traced_actor::record::{FinishedSpan, FinishedSpans, OpenSpan, Recorder, SpanStart};

use super::Tail;

impl Tail<FinishedSpan> {
    /// Returns a recorder that passes finished spans to this tail. Install it with `traced_actor::record::install`.
    ///
    /// A span of a trace that was already dropped is refused: its message is handled unsampled, and counts as dropped
    /// for the reason `tail`.
    pub fn recorder(&self) -> impl Recorder + use<> {
        let tail = self.clone();
        TailRecorder {
            spans: FinishedSpans::keeping_all(move |span| tail.finished(span)),
            tail: self.clone(),
        }
    }
}

struct TailRecorder<F> {
    tail: Tail<FinishedSpan>,
    spans: FinishedSpans<F>,
}

impl<F: Fn(FinishedSpan) + Send + Sync + 'static> Recorder for TailRecorder<F> {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let trace = new.parent.map_or(new.trace_id, |parent| parent.context.trace_id);
        if self.tail.started(trace) { self.spans.start(new) } else { None }
    }

    fn drop_reason(&self) -> &'static str {
        "tail"
    }
}
