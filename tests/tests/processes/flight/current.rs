//! With a flight recorder, spans of `tracing` still nest below the span of the message, and both come out of one processor.

use std::time::Duration;

use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{BatchSpanProcessor, InMemorySpanExporter, SpanData};
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_flight::Flight;
use traced_actor_opentelemetry::DirectRecorder;
use traced_actor_tests::isolated::isolated;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[traced_actor]
enum Order {
    Place { fails: bool },
}

#[traced_actor]
enum Save {
    Row { fails: bool },
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
    store: mpsc::Sender<Save>,
}

struct Store {
    receiver: mpsc::Receiver<Save>,
}

#[traced_actor]
impl Shop {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle(order).await;
        }
    }

    async fn handle(&mut self, Order::Place { fails }: Order) {
        query().await;
        Context::current().span().set_attribute(KeyValue::new("by.opentelemetry", 7));
        let _ = self.store.send(Save::Row { fails }).await;
    }
}

#[traced_actor]
impl Store {
    async fn run(mut self) {
        while let Some(save) = self.receiver.recv().await {
            let _ = self.handle(save).await;
        }
    }

    async fn handle(&mut self, Save::Row { fails }: Save) -> Result<(), &'static str> {
        query().await;
        if fails { Err("no room") } else { Ok(()) }
    }
}

/// Stands for a span that a database driver would record.
#[tracing::instrument]
async fn query() {
    tokio::task::yield_now().await;
}

/// Places an order, and returns what is exported.
fn exported(chance: f64, fails: bool) -> Vec<SpanData> {
    sampling::set_sampler(ParentBased::new(Ratio::new(chance))).unwrap();
    let exporter = InMemorySpanExporter::default();
    // The processor that drops spans without the sampled flag.
    let direct = DirectRecorder::new(BatchSpanProcessor::builder(exporter.clone()).build());
    let flight = Flight::builder().interval(Duration::from_secs(3600)).processor(&direct).start().unwrap();
    let provider = flight.install_connected(&direct).unwrap();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing_subscriber::registry().with(layer).init();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (sender, receiver) = mpsc::channel(1);
        let (store, rows) = mpsc::channel(1);
        sender.send(Order::Place { fails }).await.ok().unwrap();
        drop(sender);
        Shop { receiver, store }.run().await;
        Store { receiver: rows }.run().await;
    });
    flight.flush();
    provider.force_flush().unwrap();
    exporter.get_finished_spans().unwrap()
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[test]
fn spans_of_tracing_nest_in_a_sampled_message() {
    isolated("spans_of_tracing_nest_in_a_sampled_message", &[], || {
        let spans = exported(1.0, false);
        let ([place], [row]) = (&named(&spans, "Shop/Place")[..], &named(&spans, "Store/Row")[..]) else {
            panic!("{spans:#?}")
        };
        assert_eq!(row.parent_span_id, place.span_context.span_id());
        let queries = named(&spans, "query");
        let mut parents: Vec<_> = queries.iter().map(|query| query.parent_span_id).collect();
        parents.sort_unstable_by_key(|id| *id != place.span_context.span_id());
        assert_eq!(parents, [place.span_context.span_id(), row.span_context.span_id()]);
        assert!(spans.iter().all(|span| span.span_context.trace_id() == place.span_context.trace_id()));
        assert!(place.attributes.contains(&KeyValue::new("by.opentelemetry", 7)), "{place:#?}");
        assert_eq!(place.instrumentation_scope.name(), "traced-actor");
    });
}

#[test]
fn a_trigger_alone_exports_messages_through_a_batch_processor() {
    isolated("a_trigger_alone_exports_messages_through_a_batch_processor", &[], || {
        let spans = exported(0.0, true);
        let mut names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
        names.sort_unstable();
        // The spans of `tracing` were decided about when they began.
        assert_eq!(names, ["Shop/Place", "Store/Row"]);
        assert_eq!(spans[0].span_context.trace_id(), spans[1].span_context.trace_id());
        let triggered = KeyValue::new("sampling.reason", "triggered");
        assert!(spans.iter().all(|span| span.attributes.contains(&triggered)), "{spans:#?}");
    });
}

#[test]
fn what_nobody_wants_is_not_exported() {
    isolated("what_nobody_wants_is_not_exported", &[], || assert_eq!(exported(0.0, false), []));
}
