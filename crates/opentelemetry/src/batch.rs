//! The SDK's batch processor, with a count of the result for each span, and reports of losses.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};

use super::said::{Level, say};

/// The minimum interval between reports of losses.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// The SDK's default, in spans.
const QUEUE: u64 = 2048;

/// The SDK's default, in spans.
const BATCH: u64 = 512;

/// The maximum queue length that the environment can request, in spans.
///
/// The SDK allocates the whole queue at once, about 400 bytes for each span.
pub(super) const MAX_QUEUE_OF_ENV: u64 = 262_144;

/// Exports spans in batches, like the SDK's `BatchSpanProcessor`, and counts the result for each span.
///
/// The SDK's own processor does not report losses unless a `tracing` subscriber listens to its internal events. An
/// endpoint that cannot be reached and a queue that is too short go unnoticed. This processor wraps it and adds three
/// things:
///
/// * [`counts`](Self::counts) returns how many spans were exported, how many failed, and how many were dropped because
///   the queue was full.
/// * A loss is reported at most once a minute, with the destination, the protocol, the number of spans and the last
///   error. The report goes to the standard error stream, or to the function set with
///   [`BatchProcessorBuilder::report`].
/// * `shutdown` returns an error with the same text if spans were lost or are still waiting.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use traced_actor_opentelemetry::{self as otel, BatchProcessor};
///
/// # #[derive(Debug)]
/// # struct Exporter;
/// # impl opentelemetry_sdk::trace::SpanExporter for Exporter {
/// #     async fn export(
/// #         &self,
/// #         _: Vec<opentelemetry_sdk::trace::SpanData>,
/// #     ) -> opentelemetry_sdk::error::OTelSdkResult {
/// #         Ok(())
/// #     }
/// # }
/// # fn main() -> Result<(), traced_actor_opentelemetry::InstallError> {
/// # let exporter = Exporter; // opentelemetry_otlp::SpanExporter::builder().with_tonic().build()?
/// let batches = BatchProcessor::new(exporter);
/// let provider = otel::install(SdkTracerProvider::builder().with_span_processor(batches.clone()))?;
/// // … run …
/// provider.shutdown().ok();
/// assert_eq!(batches.counts().lost(), 0);
/// # Ok(())
/// # }
/// ```
///
/// Clones share one processor. Unsampled spans are not exported.
#[derive(Clone)]
pub struct BatchProcessor(Arc<Shared>);

struct Shared {
    /// The lock is for [`SpanProcessor::set_resource`], before the first span. After that there is no contention.
    batches: RwLock<BatchSpanProcessor>,
    export: Arc<Export>,
}

/// The state that the processor shares with its exporter.
struct Export {
    destination: String,
    queue: u64,
    ended: AtomicU64,
    /// The number of spans that left the queue, for the exporter.
    taken: AtomicU64,
    exported: AtomicU64,
    failed: AtomicU64,
    queue_full: AtomicU64,
    after_shutdown: AtomicU64,
    is_shut_down: AtomicBool,
    reporter: Reporter,
    reported: Mutex<Reported>,
}

type Reporter = Box<dyn Fn(&ExportLoss) + Send + Sync>;

#[derive(Default)]
struct Reported {
    at: Option<Instant>,
    lost: u64,
    last_error: Option<String>,
}

/// Counts of the spans that a [`BatchProcessor`] received, by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportCounts {
    /// Sampled spans that ended.
    pub ended: u64,
    /// Spans that the exporter exported successfully.
    pub exported: u64,
    /// Spans that the exporter failed to export.
    pub failed: u64,
    /// Spans that were dropped because the queue was full.
    pub queue_full: u64,
    /// Spans that ended after the processor was shut down, and were dropped.
    pub after_shutdown: u64,
}

impl ExportCounts {
    /// Returns the number of spans that were lost.
    pub const fn lost(&self) -> u64 {
        self.failed + self.queue_full + self.after_shutdown
    }

    /// Returns the number of spans that are in the queue or being exported.
    pub const fn waiting(&self) -> u64 {
        self.ended.saturating_sub(self.exported + self.lost())
    }

    /// Returns the number of lost spans by reason: `export_failed`, `queue_full` and `after_shutdown`.
    pub fn by_reason(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([
            ("export_failed", self.failed),
            ("queue_full", self.queue_full),
            ("after_shutdown", self.after_shutdown),
        ])
    }
}

/// A report of spans that did not reach their destination.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportLoss {
    /// The endpoint and the protocol.
    pub destination: String,
    /// Spans lost since the last report.
    ///
    /// In the error that `shutdown` returns, this is the number of all lost spans. It includes those that were still
    /// waiting.
    pub lost: u64,
    /// The counts since the start.
    pub counts: ExportCounts,
    /// The last error of the exporter, if it failed.
    pub last_error: Option<String>,
}

impl fmt::Display for ExportLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { destination, lost, counts, last_error } = self;
        write!(
            f,
            "{lost} spans were lost on the way to {destination}; of {} in all, {} were exported, {} failed, {} found \
             the queue full",
            counts.ended, counts.exported, counts.failed, counts.queue_full
        )?;
        if counts.waiting() > 0 {
            write!(f, ", {} were still waiting", counts.waiting())?;
        }
        if let Some(error) = last_error {
            write!(f, "; the exporter said: {error}")?;
        }
        Ok(())
    }
}

/// Builds a [`BatchProcessor`].
#[must_use = "nothing is exported before the processor is built"]
pub struct BatchProcessorBuilder<E> {
    exporter: E,
    destination: Option<String>,
    queue: Option<usize>,
    reporter: Reporter,
}

impl BatchProcessor {
    /// Creates a processor for this exporter, with the defaults of [`builder`](Self::builder).
    pub fn new(exporter: impl SpanExporter + 'static) -> Self {
        Self::builder(exporter).build()
    }

    /// Returns a builder of a processor for this exporter.
    ///
    /// The batch size and the delays come from the environment (`OTEL_BSP_SCHEDULE_DELAY`,
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, …). The queue has room for `OTEL_BSP_MAX_QUEUE_SIZE` spans, 2,048 by default and
    /// 262,144 at most.
    pub fn builder<E: SpanExporter + 'static>(exporter: E) -> BatchProcessorBuilder<E> {
        BatchProcessorBuilder {
            exporter,
            destination: None,
            queue: None,
            reporter: Box::new(report_on_stderr),
        }
    }

    /// Returns the counts of spans so far, by result.
    pub fn counts(&self) -> ExportCounts {
        self.0.export.counts()
    }

    /// Returns the endpoint and the protocol, as reports name them.
    pub fn destination(&self) -> &str {
        &self.0.export.destination
    }

    /// Adds the destination and the number of lost spans to a failure.
    fn explain(&self, result: OTelSdkResult) -> OTelSdkResult {
        let counts = self.counts();
        match result {
            Err(OTelSdkError::AlreadyShutdown) => Err(OTelSdkError::AlreadyShutdown),
            Ok(()) if counts.lost() + counts.waiting() == 0 => Ok(()),
            result => {
                let mut loss = self.0.export.loss(counts.lost() + counts.waiting());
                if let (Err(error), None) = (result, &loss.last_error) {
                    loss.last_error = Some(error.to_string());
                }
                Err(OTelSdkError::InternalFailure(loss.to_string()))
            }
        }
    }
}

impl<E: SpanExporter + 'static> BatchProcessorBuilder<E> {
    /// Sets the name of the destination in reports and errors: the endpoint and the protocol.
    ///
    /// By default it is taken from `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_PROTOCOL` (or
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`). If these are unset, it is the
    /// type of the exporter.
    pub fn destination(mut self, destination: impl Into<String>) -> Self {
        self.destination = Some(destination.into());
        self
    }

    /// Sets the capacity of the queue, in spans.
    pub fn queue(mut self, spans: usize) -> Self {
        self.queue = Some(spans);
        self
    }

    /// Sets the function that receives reports of losses. By default they go to the standard error stream.
    ///
    /// The function is called at most once a minute, on the exporter's thread or on a separate thread. It is never
    /// called on a thread of an actor.
    pub fn report(mut self, report: impl Fn(&ExportLoss) + Send + Sync + 'static) -> Self {
        self.reporter = Box::new(report);
        self
    }

    /// Builds the processor and starts its thread.
    pub fn build(self) -> BatchProcessor {
        let Self { exporter, destination, queue, reporter } = self;
        // The specification does not allow zero for either. Such a value counts as unset.
        let number = |name| std::env::var(name).ok()?.parse().ok().filter(|number: &u64| *number > 0);
        let from_env = |name| number(name).map(|number| number.min(MAX_QUEUE_OF_ENV));
        let in_queue = || from_env("OTEL_BSP_MAX_QUEUE_SIZE");
        let queue = queue.map(|queue| queue as u64).or_else(in_queue).unwrap_or(QUEUE).max(1);
        let batch = from_env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").unwrap_or(BATCH).min(queue);
        let destination = destination.unwrap_or_else(|| destination_from_env(std::any::type_name::<E>()));
        let export = Arc::new(Export::new(destination, queue, reporter));
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(usize::try_from(queue).unwrap_or(usize::MAX))
            .with_max_export_batch_size(usize::try_from(batch).unwrap_or(usize::MAX))
            .build();
        let batches = BatchSpanProcessor::builder(Counted { exporter, export: export.clone() })
            .with_batch_config(config)
            .build();
        BatchProcessor(Arc::new(Shared { batches: RwLock::new(batches), export }))
    }
}

fn report_on_stderr(loss: &ExportLoss) {
    say(Level::Error, loss);
}

/// Describes the destination of an OTLP exporter that was built from the environment.
fn destination_from_env(exporter: &str) -> String {
    match (otlp_variable("ENDPOINT"), otlp_variable("PROTOCOL")) {
        (Some((_, endpoint)), Some((_, protocol))) => format!("{endpoint} over {protocol}"),
        (Some((_, endpoint)), None) => format!("{endpoint} over the exporter's default protocol"),
        (None, _) => format!("the exporter {exporter}"),
    }
}

/// Returns the name and the value of OTLP's variable for traces, or of the general one if that is not set.
///
/// An empty value counts as unset, as in the exporter.
pub(super) fn otlp_variable(name: &str) -> Option<(String, String)> {
    ["TRACES_", ""].into_iter().find_map(|kind| {
        let variable = format!("OTEL_EXPORTER_OTLP_{kind}{name}");
        let value = std::env::var_os(&variable).filter(|value| !value.is_empty())?;
        Some((variable, value.to_string_lossy().into_owned()))
    })
}

impl Export {
    fn new(destination: String, queue: u64, reporter: Reporter) -> Self {
        Self {
            destination,
            queue,
            ended: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            exported: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            queue_full: AtomicU64::new(0),
            after_shutdown: AtomicU64::new(0),
            is_shut_down: AtomicBool::new(false),
            reporter,
            reported: Mutex::default(),
        }
    }

    fn counts(&self) -> ExportCounts {
        // The results are read before the number of ended spans, so that no count exceeds that number.
        let (exported, failed) = (self.exported.load(Relaxed), self.failed.load(Relaxed));
        let (queue_full, after_shutdown) = (self.queue_full.load(Relaxed), self.after_shutdown.load(Relaxed));
        let ended = self.ended.load(Relaxed).max(exported + failed + queue_full + after_shutdown);
        ExportCounts { ended, exported, failed, queue_full, after_shutdown }
    }

    fn loss(&self, lost: u64) -> ExportLoss {
        let reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let last_error = reported.last_error.clone();
        ExportLoss { destination: self.destination.clone(), lost, counts: self.counts(), last_error }
    }

    /// Returns the report that is due now, at most one per minute.
    fn due(&self, error: Option<&OTelSdkError>, now: Instant) -> Option<ExportLoss> {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = error {
            reported.last_error = Some(error.to_string());
        }
        let counts = self.counts();
        let lost = counts.lost() - reported.lost;
        if lost == 0 || reported.at.is_some_and(|at| now.duration_since(at) < REPORT_EVERY) {
            return None;
        }
        (reported.at, reported.lost) = (Some(now), counts.lost());
        let last_error = reported.last_error.clone();
        Some(ExportLoss { destination: self.destination.clone(), lost, counts, last_error })
    }

    fn report(&self, loss: &ExportLoss) {
        // A reporter that panics loses its report, and does not end the exporter's thread.
        let report = std::panic::AssertUnwindSafe(|| (self.reporter)(loss));
        std::panic::catch_unwind(report).ok();
    }
}

impl Shared {
    /// Counts a span that found the queue full. Also reports it, since an exporter that never returns reports nothing.
    #[cold]
    fn queue_full(&self) {
        let dropped = self.export.queue_full.fetch_add(1, Relaxed);
        // The clock is not read for each span.
        if dropped.is_multiple_of(64)
            && let Some(loss) = self.export.due(None, Instant::now())
        {
            let export = self.export.clone();
            // Nothing may block on an actor's thread.
            let report = std::thread::Builder::new().name("traced-actor-report".into());
            report.spawn(move || export.report(&loss)).ok();
        }
    }
}

impl SpanProcessor for BatchProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let Shared { batches, export } = &*self.0;
        if !span.span_context.is_sampled() {
            return;
        }
        let ended = export.ended.fetch_add(1, Relaxed);
        if export.is_shut_down.load(Relaxed) {
            export.after_shutdown.fetch_add(1, Relaxed);
            return;
        }
        // The SDK's queue is as long as this one, so it is never full. Spans are dropped and counted here.
        let left = export.taken.load(Relaxed)
            + export.queue_full.load(Relaxed)
            + export.after_shutdown.load(Relaxed);
        if ended.saturating_sub(left) >= export.queue {
            return self.0.queue_full();
        }
        batches.read().unwrap_or_else(PoisonError::into_inner).on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        let flushed = self.0.batches.read().unwrap_or_else(PoisonError::into_inner).force_flush();
        if flushed.is_ok() { Ok(()) } else { self.explain(flushed) }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.export.is_shut_down.store(true, Relaxed);
        let batches = self.0.batches.read().unwrap_or_else(PoisonError::into_inner);
        self.explain(batches.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.batches.write().unwrap_or_else(PoisonError::into_inner).set_resource(resource);
    }
}

/// An exporter that counts its results.
struct Counted<E> {
    exporter: E,
    export: Arc<Export>,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        self.export.taken.fetch_add(spans, Relaxed);
        let result = self.exporter.export(batch).await;
        let counter = if result.is_ok() { &self.export.exported } else { &self.export.failed };
        counter.fetch_add(spans, Relaxed);
        if let Some(loss) = self.export.due(result.as_ref().err(), Instant::now()) {
            self.export.report(&loss);
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: fmt::Debug> fmt::Debug for Counted<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exporter.fmt(f)
    }
}

/// Wraps an exporter so that failed exports are counted and reported, at most once a minute.
///
/// Use it when the provider has one of the SDK's own processors. The SDK's batch processor does not report a failing
/// exporter unless a `tracing` subscriber listens to its internal events. Spans that the SDK's queue drops are not
/// counted here. [`BatchProcessor`] counts those too.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use traced_actor_opentelemetry as otel;
///
/// # #[derive(Debug)]
/// # struct Exporter;
/// # impl opentelemetry_sdk::trace::SpanExporter for Exporter {
/// #     async fn export(
/// #         &self,
/// #         _: Vec<opentelemetry_sdk::trace::SpanData>,
/// #     ) -> opentelemetry_sdk::error::OTelSdkResult {
/// #         Ok(())
/// #     }
/// # }
/// # fn main() -> Result<(), otel::InstallError> {
/// # let exporter = Exporter; // opentelemetry_otlp::SpanExporter::builder().with_tonic().build()?
/// let provider = otel::install(SdkTracerProvider::builder().with_batch_exporter(otel::reported(exporter)))?;
/// # provider.shutdown().ok();
/// # Ok(())
/// # }
/// ```
pub fn reported<E: SpanExporter + 'static>(exporter: E) -> ReportedExporter<E> {
    let destination = destination_from_env(std::any::type_name::<E>());
    let export = Arc::new(Export::new(destination, u64::MAX, Box::new(report_on_stderr)));
    ReportedExporter(Counted { exporter, export })
}

/// An exporter that reports its losses. [`reported`] creates it.
pub struct ReportedExporter<E>(Counted<E>);

impl<E: SpanExporter + 'static> ReportedExporter<E> {
    /// Sets the name of the destination in reports: the endpoint and the protocol.
    ///
    /// By default it is taken from the environment, as for [`BatchProcessorBuilder::destination`].
    #[must_use]
    pub fn destination(mut self, destination: impl Into<String>) -> Self {
        if let Some(export) = Arc::get_mut(&mut self.0.export) {
            export.destination = destination.into();
        }
        self
    }

    /// Sets the function that receives reports of losses. By default they go to the standard error stream.
    ///
    /// The function is called at most once a minute, on the thread that exports.
    #[must_use]
    pub fn report(mut self, report: impl Fn(&ExportLoss) + Send + Sync + 'static) -> Self {
        if let Some(export) = Arc::get_mut(&mut self.0.export) {
            export.reporter = Box::new(report);
        }
        self
    }
}

impl<E: SpanExporter> SpanExporter for ReportedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.export.ended.fetch_add(batch.len() as u64, Relaxed);
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

impl<E: fmt::Debug> fmt::Debug for ReportedExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReportedExporter").field(&self.0).finish()
    }
}

impl fmt::Debug for BatchProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("BatchProcessor");
        debug.field("destination", &self.0.export.destination).field("counts", &self.counts());
        debug.finish_non_exhaustive()
    }
}

impl<E: fmt::Debug> fmt::Debug for BatchProcessorBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("BatchProcessorBuilder");
        debug.field("exporter", &self.exporter).field("destination", &self.destination);
        debug.field("queue", &self.queue).finish_non_exhaustive()
    }
}
