//! The spans of the five operations, with headers in a map. The real brokers are in `crates/messaging/brokers`.

use std::collections::HashMap;

use traced_actor::context::{MessageContext, SpanKind};
use traced_actor::record::FinishedSpan;
use traced_actor::{Envelope, Options, testkit, traced_actor};
use traced_actor_messaging::{Consumer, Facts, Producer, System, text};
use traced_actor_propagation::{Edge, Trust};

type Headers = HashMap<String, String>;

fn text_of(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

fn consumer() -> Consumer {
    Consumer::new(System::Nats, Edge::new("orders"))
}

#[traced_actor]
struct Order;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no salt")
    }
}

#[tokio::test]
async fn a_message_goes_from_an_actor_to_a_consumer_in_one_trace() {
    let spans = testkit::record();
    let (_, mut handling) = Envelope::capture(Order).open();
    let mut headers: Headers = [("shop".to_owned(), "7".to_owned())].into();
    handling
        .run(async {
            let mut sending = Producer::new(System::Nats).send(&Facts::of("orders"));
            sending.write(&mut headers);
            sending.run(async { Ok::<_, Failed>(()) }).await.unwrap();
        })
        .await;
    handling.end_ok();
    assert_eq!(headers["shop"], "7");

    let facts = Facts::of("orders");
    let consumer = consumer();
    let failed = consumer.process(&facts, consumer.context(&headers), async { Err::<(), _>(Failed) });
    assert!(failed.await.is_err());

    let all = spans.all();
    let of = |name: &str| all.iter().find(|span| span.name == name).unwrap();
    let (order, sent, processed) = (of("Order/Order"), of("send orders"), of("process orders"));
    assert_eq!((sent.parent, processed.parent), (Some(order.context.span_id), Some(sent.context.span_id)));
    assert_eq!((sent.span_kind, processed.span_kind), (SpanKind::Producer, SpanKind::Consumer));
    assert_eq!(processed.error.as_deref(), Some("no salt"));
    assert!(text_of(processed, "error.type").unwrap().ends_with("Failed"));
}

#[tokio::test]
async fn with_links_a_message_is_handled_in_a_trace_of_its_own() {
    let spans = testkit::record();
    let mut headers = Headers::new();
    let mut sending = Producer::new(System::Kafka).send(&Facts::of("orders"));
    sending.write(&mut headers);
    drop(sending);
    let consumer = Consumer::new(System::Kafka, Edge::new("orders")).links();
    consumer.open(&Facts::of("orders"), consumer.context(&headers)).end_ok();
    let (sent, processed) = (&spans.named("send orders")[0], &spans.named("process orders")[0]);
    assert_eq!((processed.parent, processed.links.as_slice()), (None, [sent.context].as_slice()));
    assert_ne!(processed.context.trace_id, sent.context.trace_id);
}

/// A message says that it is not sampled, and those further on do not decide again.
#[tokio::test]
async fn what_is_not_sampled_has_no_span_anywhere() {
    let spans = testkit::record();
    let mut headers = Headers::new();
    traced_actor::actor::call_within(MessageContext::UNSAMPLED, || {
        let mut sending = Producer::new(System::Nats).send(&Facts::of("orders"));
        sending.write(&mut headers);
    });
    assert!(headers["traceparent"].ends_with("-02"));
    let consumer = consumer();
    let facts = Facts::of("orders");
    let context = consumer.context(&headers);
    consumer.receive("fetch", &facts, std::slice::from_ref(&context));
    let settled = async { consumer.settle("ack", &facts, async { Ok::<_, Failed>(()) }).await };
    consumer.process(&facts, context, settled).await.unwrap();
    assert!(spans.all().is_empty());
}

#[tokio::test]
async fn who_sends_is_trusted_as_the_edge_says() {
    let spans = testkit::record();
    let sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers: Headers = [("TraceParent".to_owned(), sampled.to_owned())].into();
    let stranger = Consumer::new(System::Nats, Edge::new("strangers").trust(Trust::Ignore));
    stranger.open(&Facts::of("orders"), stranger.context(&headers)).end_ok();
    assert_eq!(spans.named("process orders")[0].parent, None);
    assert!(consumer().envelope(&headers, Order).context().is_some());
}

/// Through a broker as elsewhere: all of it from those who are trusted, and from strangers what is named.
#[tokio::test]
async fn baggage_goes_through_a_broker_as_far_as_the_edge_says() {
    let _spans = testkit::record();
    let headers: Headers = [
        ("traceparent".to_owned(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ("baggage".to_owned(), "tenant=acme,role=admin".to_owned()),
    ]
    .into();
    let edge = || Edge::new("orders").options(Options::new().start_always());
    for (edge, expected) in [
        (edge(), Some("tenant=acme,role=admin")),
        (edge().trust(Trust::Ids), None),
        (edge().trust(Trust::Ids).accept_baggage(["tenant"]), Some("tenant=acme")),
    ] {
        let consumer = Consumer::new(System::Nats, edge);
        let mut span = consumer.open(&Facts::of("orders"), consumer.context(&headers));
        let mut out = Headers::new();
        let mut sending = {
            let _entered = span.enter();
            Producer::new(System::Nats).send(&Facts::of("bills"))
        };
        sending.write(&mut out);
        drop(sending);
        span.end_ok();
        assert_eq!(out.get("baggage").map(String::as_str), expected);
    }
}

/// Names of which there may be many are not in a span's name.
#[tokio::test]
async fn a_span_is_named_after_the_template_and_not_after_a_temporary_place() {
    let spans = testkit::record();
    let mut facts = Facts::of("orders.eu.7");
    facts.template = Some("orders.*.*");
    consumer().open(&facts, MessageContext::ABSENT).end_ok();
    let mut facts = Facts::of("_INBOX.x7");
    facts.temporary = true;
    consumer().open(&facts, MessageContext::ABSENT).end_ok();
    consumer().open(&Facts::of(&"x".repeat(201)), MessageContext::ABSENT).end_ok();
    let names: Vec<_> = spans.all().iter().map(|span| span.name).collect();
    assert_eq!(names, ["process orders.*.*", "process", "process"]);
    assert_eq!(text_of(&spans.all()[0], "messaging.destination.name").as_deref(), Some("orders.eu.7"));
    assert_eq!(text_of(&spans.all()[1], "messaging.destination.temporary").as_deref(), Some("true"));
}

#[tokio::test]
async fn a_text_carries_its_context_in_its_first_line() {
    let spans = testkit::record();
    let mut sending = Producer::new(System::Redis).send(&Facts::of("orders"));
    let written = text::write(&mut sending, "a\nb", 1_000);
    assert_eq!(text::write(&mut sending, "a\nb", 50), "a\nb", "no room");
    drop(sending);
    assert!(written.starts_with("traceparent=00-") && written.ends_with("\na\nb"));
    let consumer = consumer();
    let (context, payload) = text::read(&consumer, &written);
    assert_eq!(payload, "a\nb");
    consumer.open(&Facts::of("orders"), context).end_ok();
    assert_eq!(spans.named("process orders")[0].parent, Some(spans.named("send orders")[0].context.span_id));
    for bare in ["", "a\nb", "traceparent=", "traceparent=x\na"] {
        let (context, payload) = text::read(&consumer, bare);
        assert_eq!((context.is_absent(), payload), (true, bare));
    }
}

/// Strangers who may publish can ask for traces without end.
#[tokio::test]
async fn of_ten_thousand_forced_messages_no_more_are_traced_than_the_limit_allows() {
    use traced_actor::record::FinishedSpans;
    use traced_actor::sampling::{AlwaysOff, ParentBased};
    use traced_actor::testkit::Scope;
    use traced_actor_propagation::RateLimit;

    const RATE: f64 = 10.0;
    const BURST: u32 = 10;
    let (sender, spans) = std::sync::mpsc::channel();
    let recorder = FinishedSpans::new(move |span| drop(sender.send(span)));
    let scope = Scope::with_sampler(recorder, ParentBased::new(AlwaysOff));
    let edge = Edge::new("strangers").force_limit(RateLimit::new(RATE, BURST));
    let began = std::time::Instant::now();
    let all = async move {
        let consumer = Consumer::new(System::Nats, edge);
        let sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let headers: Headers = [("traceparent".to_owned(), sampled.to_owned())].into();
        for _ in 0..10_000 {
            consumer.open(&Facts::of("orders"), consumer.context(&headers)).end_ok();
        }
    };
    scope.wrap(all).await;
    let traced = spans.try_iter().filter(|span| span.name == "process orders").count();
    let most = f64::from(BURST) + RATE * began.elapsed().as_secs_f64() + 1.0;
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let few = traced as f64;
    assert!(few <= most && traced >= BURST as usize, "{traced} of 10,000, of at most {most}");
}
