//! A warning of `tracing` in a handler keeps the trace: in a flight recorder, and in a tail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
use traced_actor::record::{self, FinishedSpan};
use traced_actor::sampling::{self, AlwaysOn, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, TriggerOptions};
use traced_actor_sampling::Warnings;
use traced_actor_sampling::tail::{Tail, TailOptions, TailProcessor};
use traced_actor_tests::isolated::isolated;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[traced_actor]
enum Order {
    #[traced(fields(number))]
    Place { number: u64 },
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
}

#[traced_actor]
impl Shop {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle(order).await;
        }
    }

    async fn handle(&mut self, Order::Place { number }: Order) {
        tokio::task::yield_now().await;
        match number {
            2 => tracing::warn!("two is odd"),
            3 => tracing::error!("three is worse"),
            _ => tracing::info!("fine"),
        }
    }
}

fn place_orders() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (orders, receiver) = mpsc::channel(10);
        for number in 0..10 {
            orders.send(Order::Place { number }).await.ok().unwrap();
        }
        drop(orders);
        Shop { receiver }.run().await;
    });
    // Outside of any handler.
    tracing::warn!("nobody is meant");
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<FinishedSpan>>>);

impl Kept {
    fn push(&self, span: FinishedSpan) {
        self.0.lock().unwrap().push(span);
    }

    /// Returns the orders that were kept, and why.
    fn orders(&self) -> Vec<(String, String)> {
        let spans = self.0.lock().unwrap();
        let text = |span: &FinishedSpan, name: &str| span.attribute(name).unwrap().to_string();
        spans
            .iter()
            .map(|span| {
                assert_eq!(span.events.len(), 1, "the event says where the warning is");
                assert!(span.events[0].name.contains("warnings.rs"), "{:?}", span.events);
                (text(span, "number"), text(span, "sampling.reason"))
            })
            .collect()
    }
}

fn expected(reason: &str) -> [(String, String); 2] {
    ["2", "3"].map(|number| (number.to_owned(), reason.to_owned()))
}

/// Runs with a flight recorder, with or without the trigger.
fn in_flight(warnings: bool) -> Kept {
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    tracing_subscriber::registry().with(Warnings).init();
    let mut triggers = TriggerOptions::default();
    triggers.warnings = warnings;
    let kept = Kept::default();
    let keeping = kept.clone();
    let flight = Flight::builder()
        .triggers(triggers)
        .interval(Duration::from_secs(3600))
        .keep(move |span| keeping.push(span))
        .start()
        .unwrap();
    flight.install().unwrap();
    place_orders();
    flight.flush();
    assert_eq!(flight.counters().fired.get("warning").copied(), warnings.then_some(2));
    kept
}

#[test]
fn a_warning_keeps_its_trace_in_a_flight_recorder() {
    isolated("a_warning_keeps_its_trace_in_a_flight_recorder", &[], || {
        assert_eq!(in_flight(true).orders(), expected("triggered"));
    });
}

#[test]
fn a_warning_is_no_trigger_where_it_is_turned_off() {
    isolated("a_warning_is_no_trigger_where_it_is_turned_off", &[], || {
        assert_eq!(in_flight(false).orders(), []);
    });
}

#[test]
fn a_warning_keeps_its_trace_in_a_tail() {
    isolated("a_warning_keeps_its_trace_in_a_tail", &[], || {
        sampling::set_sampler(AlwaysOn).unwrap();
        tracing_subscriber::registry().with(Warnings).init();
        let mut options = TailOptions::default();
        options.chance = 0.0;
        let kept = Kept::default();
        let keeping = kept.clone();
        let tail = Tail::new(options, move |span| keeping.push(span)).unwrap();
        record::install(tail.recorder()).unwrap();
        place_orders();
        tail.flush();
        assert_eq!(kept.orders(), expected("tail.warning"));
    });
}

#[test]
fn spans_of_opentelemetry_that_warn_keep_their_trace() {
    isolated("spans_of_opentelemetry_that_warn_keep_their_trace", &[], || {
        let mut options = TailOptions::default();
        options.chance = 0.0;
        let exporter = InMemorySpanExporter::default();
        let tail = TailProcessor::new(options, SimpleSpanProcessor::new(exporter.clone())).unwrap();
        let provider = traced_actor_opentelemetry::install(
            opentelemetry_sdk::trace::SdkTracerProvider::builder().with_span_processor(tail),
        )
        .unwrap();
        // No layer of ours: that of `tracing-opentelemetry` tells the span.
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing_subscriber::registry().with(layer).init();
        place_orders_in_spans();
        provider.force_flush().unwrap();
        let mut names: Vec<_> =
            exporter.get_finished_spans().unwrap().iter().map(|span| span.name.to_string()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Work/Do", "work"]);
    });
}

#[traced_actor(name = "Work")]
enum Do {
    Do,
}

#[tracing::instrument]
fn work(warns: bool) {
    if warns {
        tracing::warn!("in a span of its own");
    }
}

/// Handles two messages, one of which warns in a span of `tracing`.
fn place_orders_in_spans() {
    for warns in [false, true] {
        let (_message, mut handling) = traced_actor::Envelope::bare(Do::Do).open();
        let entered = handling.enter();
        work(warns);
        drop(entered);
        handling.end_ok();
    }
}
