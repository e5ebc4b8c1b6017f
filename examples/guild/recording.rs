//! Keeps the spans of this process for the report.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use traced_actor::record::{self, FinishedSpan, FinishedSpans};
use traced_actor::sampling;

/// The ended spans so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<FinishedSpan>>>);

impl Spans {
    pub(crate) fn push(&self, span: FinishedSpan) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    pub(crate) fn take(&self) -> Vec<FinishedSpan> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The recorder of this process.
pub(crate) struct Recording {
    spans: Spans,
    #[cfg(feature = "otlp")]
    exporter: Option<crate::otlp::Exporter>,
}

impl Recording {
    /// Installs the recorder; a process has one. It is OpenTelemetry's SDK if spans are exported, and otherwise a
    /// vector.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let spans = Spans::default();
        #[cfg(feature = "otlp")]
        let exporter = crate::otlp::Exporter::from_env(&spans)?;
        #[cfg(feature = "otlp")]
        if exporter.is_some() {
            return Ok(Self { spans, exporter });
        }
        sampling::set_sampler(sampling::from_env()?)?;
        let kept = spans.clone();
        record::install(FinishedSpans::new(move |span| kept.push(span)))?;
        Ok(Self {
            spans,
            #[cfg(feature = "otlp")]
            exporter,
        })
    }

    /// Returns all recorded spans, and waits until they have been exported.
    pub(crate) fn stop(self) -> Vec<FinishedSpan> {
        #[cfg(feature = "otlp")]
        if let Some(exporter) = self.exporter {
            exporter.stop();
        }
        self.spans.take()
    }
}
