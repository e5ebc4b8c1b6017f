//! Ten times the load that the exporter can take, through actors, a tail, and the SDK's batch processor: memory stays
//! bounded, no message is lost, and every span is accounted for. One test: the process has one provider, and its
//! memory is measured.

mod metrics;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use opentelemetry::trace::{Span as _, SpanId, Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter,
};
use traced_actor::sync::mpsc;
use traced_actor::{counters, traced_actor};
use traced_actor_opentelemetry as otel;
use traced_actor_sampling::tail::TailProcessor;
use traced_actor_sampling::tail::{TailCounters, TailOptions};
use traced_actor_tests::counting::{Count, Counting};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Spans a second that the exporter can take.
const SUSTAINABLE: u32 = 200;
/// Messages of the load; each causes another one, and each has a span.
const MESSAGES: u64 = 20_000;
/// Spans that are held back, and their bytes.
const HELD: usize = 2_000;
const HELD_BYTES: usize = 2 << 20;
/// Spans that wait for the exporter.
const QUEUE: usize = 256;

// ===== memory =====

struct Process;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

impl Count for Process {
    fn count(allocated: Option<usize>, freed: Option<usize>) {
        if let Some(taken) = allocated {
            PEAK.fetch_max(LIVE.fetch_add(taken, Relaxed) + taken, Relaxed);
        }
        if let Some(freed) = freed {
            LIVE.fetch_sub(freed, Relaxed);
        }
    }
}

#[global_allocator]
static ALLOCATOR: Counting<Process> = Counting::new();

// ===== an exporter that is narrow =====

/// The speed at which an exporter accepts spans.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gate {
    Closed,
    Narrow,
    Open,
}

#[derive(Debug, Clone)]
struct Exporter(Arc<Exports>);

#[derive(Debug)]
struct Exports {
    gate: Mutex<Gate>,
    moved: Condvar,
    /// In small-scale phases they are kept, else only counted.
    spans: Mutex<Vec<SpanData>>,
    count: AtomicU64,
}

impl Exporter {
    fn new() -> Self {
        let (gate, moved) = (Mutex::new(Gate::Open), Condvar::new());
        Self(Arc::new(Exports { gate, moved, spans: Mutex::default(), count: AtomicU64::new(0) }))
    }

    fn set(&self, gate: Gate) {
        *self.0.gate.lock().unwrap() = gate;
        self.0.moved.notify_all();
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut gate = self.0.gate.lock().unwrap();
        while *gate == Gate::Closed {
            gate = self.0.moved.wait(gate).unwrap();
        }
        if *gate == Gate::Narrow {
            // It takes its time, unless the gate opens meanwhile.
            let spans = u32::try_from(batch.len()).unwrap();
            let time = Duration::from_secs(1) * spans / SUSTAINABLE;
            let narrow = |gate: &mut Gate| *gate == Gate::Narrow;
            drop(self.0.moved.wait_timeout_while(gate, time, narrow).unwrap());
        }
        self.0.count.fetch_add(batch.len() as u64, Relaxed);
        let mut spans = self.0.spans.lock().unwrap();
        if spans.len() < 100 {
            spans.extend(batch);
        }
        Ok(())
    }
}

// ===== what the SDK says that it dropped =====

static DROPPED_BY_SDK: AtomicU64 = AtomicU64::new(0);

/// The SDK's queue tells how many spans it dropped only in a log record, when it is shut down.
struct DroppedBySdk;

impl<S: tracing::Subscriber> Layer<S> for DroppedBySdk {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Count;
        impl Visit for Count {
            fn record_u64(&mut self, field: &Field, value: u64) {
                if field.name() == "dropped_span_count" {
                    DROPPED_BY_SDK.store(value, Relaxed);
                }
            }
            fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
        }
        event.record(&mut Count);
    }
}

// ===== the actors =====

#[traced_actor(name = "Front")]
struct Ask(u64);

#[traced_actor(name = "Back")]
struct Do(u64);

#[traced_actor]
async fn front(mut mailbox: mpsc::Receiver<Ask>, back: mpsc::Sender<Do>) {
    while let Some(Ask(i)) = mailbox.recv().await {
        back.send(Do(i)).await.unwrap();
    }
}

struct Back {
    mailbox: mpsc::Receiver<Do>,
    provider: SdkTracerProvider,
    handled: u64,
}

#[traced_actor]
impl Back {
    async fn run(mut self) -> u64 {
        while let Some(message) = self.mailbox.recv().await {
            self.handle_message(message).ok();
        }
        self.handled
    }

    fn handle_message(&mut self, Do(i): Do) -> Result<(), &'static str> {
        self.handled += 1;
        // As `tracing`, reqwest or sqlx would.
        self.provider.tracer("client").start("query").end();
        if i % 100 == 99 { Err("one in a hundred") } else { Ok(()) }
    }
}

/// Sends this many messages through both actors; how many the back handled.
async fn run(provider: &SdkTracerProvider, first: u64, messages: u64, watch: impl Fn()) -> u64 {
    let (to_front, mailbox) = mpsc::channel(64);
    let (to_back, at_back) = mpsc::channel(64);
    let back = Back { mailbox: at_back, provider: provider.clone(), handled: 0 };
    let (front, back) = (tokio::spawn(front(mailbox, to_back)), tokio::spawn(back.run()));
    for i in first..first + messages {
        to_front.send(Ask(i)).await.unwrap();
        if i % 500 == 0 {
            watch();
        }
    }
    drop(to_front);
    front.await.unwrap();
    back.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_the_sustainable_load_is_bounded_and_accounted_for() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(DroppedBySdk)).unwrap();
    let exporter = Exporter::new();
    let config = BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_max_export_batch_size(64);
    let batch = BatchSpanProcessor::builder(exporter.clone()).with_batch_config(config.build()).build();
    let mut options = TailOptions::default();
    options.chance = 0.25;
    (options.max_spans, options.max_bytes) = (HELD, HELD_BYTES);
    options.max_decisions = 1_000;
    let processor = TailProcessor::new(options, batch).unwrap();
    let tail = processor.tail();
    let provider = otel::install(SdkTracerProvider::builder().with_span_processor(processor)).unwrap();

    the_failed_one_of_two_is_exported_as_a_whole(&provider, &exporter).await;
    let warm = tail.counters();

    // The backend hangs, and then is slow.
    exporter.set(Gate::Closed);
    let (before, handled) = (counters(), AtomicU64::new(0));
    PEAK.store(LIVE.load(Relaxed), Relaxed);
    let (at_rest, began) = (LIVE.load(Relaxed), Instant::now());
    let watch = || {
        let TailCounters { held_spans, held_bytes, .. } = tail.counters();
        assert!(held_spans <= HELD as u64 + 16 && held_bytes <= HELD_BYTES as u64 + 16 * 1024);
    };
    handled.fetch_add(run(&provider, 100, MESSAGES / 2, watch).await, Relaxed);
    exporter.set(Gate::Narrow);
    handled.fetch_add(run(&provider, 100, MESSAGES / 2, watch).await, Relaxed);
    let took = began.elapsed();
    let peak = PEAK.load(Relaxed) - at_rest;

    // No message waited for the exporter, and none was lost.
    assert_eq!(handled.into_inner(), MESSAGES);
    let spans = 3 * MESSAGES;
    let offered = spans * 1000 / u64::try_from(took.as_millis().max(1)).unwrap();
    assert!(offered >= 10 * u64::from(SUSTAINABLE), "{offered} spans a second are no overload");
    // All of the spans together have some 60 MB.
    assert!(peak < 2 * HELD_BYTES + QUEUE * 4096 + (2 << 20), "{peak} bytes");

    exporter.set(Gate::Open);
    provider.shutdown().unwrap();
    let after = counters();
    assert_eq!(after.received() - before.received(), 2 * MESSAGES);
    assert_eq!(after.kept["always_on"] - before.kept["always_on"], MESSAGES);
    assert_eq!(after.kept["parent"] - before.kept["parent"], MESSAGES);

    let counters = tail.counters();
    let total = |reasons: &BTreeMap<&str, u64>| reasons.values().sum::<u64>();
    assert_eq!(counters.finished - warm.finished, spans);
    assert_eq!(counters.finished, total(&counters.kept) + total(&counters.dropped));
    assert_eq!((counters.held_spans, counters.held_bytes, counters.held_traces), (0, 0, 0));
    assert!(counters.evicted["spans"] > 1000, "{counters:?}");
    assert!(counters.kept["tail.error"] > 0, "{counters:?}");
    let reported = metrics::reported(|meter| traced_actor_sampling::observe_tail(meter, &tail));
    let mut expected = BTreeMap::new();
    let parts = [("kept", &counters.kept), ("dropped", &counters.dropped), ("", &counters.evicted)];
    for (decision, reasons) in parts {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        expected.extend(reasons.iter().map(|(reason, count)| match decision {
            "" => (format!("traced_actor.tail.evictions {{trace}} {reason}"), *count as f64),
            _ => (format!("traced_actor.tail.spans {{span}} {decision} {reason}"), *count as f64),
        }));
    }
    assert_eq!(reported, expected);
    let (exported, by_sdk) = (exporter.0.count.load(Relaxed), DROPPED_BY_SDK.load(Relaxed));
    assert_eq!(total(&counters.kept), exported + by_sdk);
    assert!(by_sdk > 1000, "the exporter was too slow for what chance kept: {by_sdk}");
    println!(
        "{offered} spans/s offered, {SUSTAINABLE} sustainable; {peak} bytes more at the peak; {counters:?}"
    );
}

/// The spans of a trace that failed, those of other libraries with them; nothing of one that did not and that chance
/// does not keep.
async fn the_failed_one_of_two_is_exported_as_a_whole(provider: &SdkTracerProvider, exporter: &Exporter) {
    run(provider, 99, 1, || {}).await;
    provider.force_flush().unwrap();
    let spans = std::mem::take(&mut *exporter.0.spans.lock().unwrap());
    let named =
        |name| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"));
    let (front, back, query) = (named("Front/Ask"), named("Back/Do"), named("query"));
    assert_eq!(spans.len(), 3);
    assert_eq!(front.parent_span_id, SpanId::INVALID);
    assert_eq!(back.parent_span_id, front.span_context.span_id());
    assert_eq!(query.parent_span_id, back.span_context.span_id());
    for span in [front, back] {
        let attribute =
            |name| span.attributes.iter().find(|attribute| attribute.key.as_str() == name).unwrap();
        assert_eq!(attribute("sampling.reason").value.as_str(), "tail.error");
        assert_eq!(attribute("sampling.probability").value, 1.0.into());
    }
    assert!(query.start_time >= back.start_time && query.end_time <= back.end_time);
}
