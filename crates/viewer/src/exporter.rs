//! The paths by which finished spans reach the viewer.

use std::fmt;
use std::sync::Arc;

use traced_actor::record::{FinishedSpan, FinishedSpans, OpenSpan, Recorder, SpanStart};

use crate::inbox::Inbox;

/// Sends finished spans to a viewer. [`Builder::start`](crate::Builder::start) returns it.
///
/// It is a [`Recorder`], and with the feature `opentelemetry` also a `SpanProcessor`. [`finished`](Self::finished)
/// accepts spans of another recorder, such as a flight recorder:
///
/// ```
/// # fn flight(_keep: impl FnMut(traced_actor::record::FinishedSpan) + Send + 'static) {}
/// let (viewer, exporter) = traced_actor_viewer::Builder::new().start("127.0.0.1:0")?;
/// // Flight::builder().keep(exporter.sink())
/// flight(exporter.sink());
/// # Ok::<(), traced_actor_viewer::ServeError>(())
/// ```
pub struct Exporter {
    inbox: Arc<Inbox>,
    spans: FinishedSpans<Take>,
}

type Take = Box<dyn Fn(FinishedSpan) + Send + Sync>;

impl Exporter {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        let finished = inbox.clone();
        let take: Take = Box::new(move |span| finished.put(span));
        Self { inbox, spans: FinishedSpans::new(take) }
    }

    /// Sends a finished span of another recorder to the viewer.
    ///
    /// It never waits. If there is no room, the span is counted and dropped.
    pub fn finished(&self, span: FinishedSpan) {
        self.inbox.put(span);
    }

    /// Returns a function that sends finished spans to the viewer, like [`finished`](Self::finished).
    pub fn sink(&self) -> impl Fn(FinishedSpan) + Send + Sync + 'static + use<> {
        let inbox = self.inbox.clone();
        move |span| inbox.put(span)
    }
}

impl Recorder for Exporter {
    fn start(&self, span: &SpanStart<'_>) -> Option<OpenSpan> {
        self.spans.start(span)
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}
