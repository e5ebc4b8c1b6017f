//! ractor's feature `message_span_propogation`, which `ractor_cluster` turns on, beside spans of `tracing`.

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call_t};
use traced_actor::testkit::assert_tree;
use traced_actor::traced_actor;
use traced_actor_opentelemetry::testkit;
use tracing::Instrument;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

#[traced_actor(ractor)]
enum Message {
    Post,
    #[traced(skip)]
    Done(RpcReplyPort<()>),
}

struct Guild;

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Post => tokio::task::yield_now().instrument(tracing::info_span!("query")).await,
            Message::Done(reply) => reply.send(())?,
        }
        Ok(())
    }
}

/// Posts in a span of `tracing`, and returns what is exported of it.
async fn posted(exporter: &InMemorySpanExporter) -> Vec<SpanData> {
    exporter.reset();
    let guild = Actor::spawn(None, Guild, ()).await.unwrap().0;
    tracing::info_span!("request").in_scope(|| guild.cast(Message::Post)).unwrap();
    call_t!(guild, Message::Done, 60_000).unwrap();
    guild.stop_and_wait(None, None).await.unwrap();
    exporter.get_finished_spans().unwrap()
}

fn named<'s>(spans: &'s [SpanData], name: &str) -> &'s SpanData {
    spans.iter().find(|span| span.name == name).unwrap()
}

/// One test: the switch is the process's, and there is no way back.
#[tokio::test]
async fn a_handler_s_own_spans_are_below_its_message_s_and_the_sender_s_can_end() {
    let exporter = InMemorySpanExporter::default();
    let builder = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
    let provider = traced_actor_opentelemetry::install(builder).unwrap();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tracing"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        // ractor's own spans: one for the life of each actor.
        .with_filter(filter_fn(|metadata| !metadata.target().starts_with("ractor")));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    // The sender's span is current in the handler as well, and the message's is the nearer one.
    let spans = posted(&exporter).await;
    assert_tree!(testkit::spans(&spans), TREE);
    let (request, query) = (named(&spans, "request"), named(&spans, "query"));
    assert!(request.end_time >= query.end_time, "ractor keeps the sender's span open");

    traced_actor_ractor::ignore_message_spans();
    let spans = posted(&exporter).await;
    assert_tree!(testkit::spans(&spans), TREE);
    let (request, query) = (named(&spans, "request"), named(&spans, "query"));
    assert!(request.end_time <= query.start_time, "it has ended when the sender was done");
}

const TREE: &str = "
    request
      Guild/Post
        query
";
