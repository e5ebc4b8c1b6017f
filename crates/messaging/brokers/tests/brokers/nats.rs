//! NATS: core, and `JetStream`.

use std::process::Command;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{self, StorageType};
use async_nats::jetstream::{self, AckKind};
use async_nats::{Client, HeaderMap, Message};
use futures_util::StreamExt;
use traced_actor::context::SpanKind;
use traced_actor::testkit::{self, Recording};
use traced_actor_messaging::{Consumer, Facts, Producer, System, nats};
use traced_actor_messaging_brokers_tests::{Server, program};
use traced_actor_propagation::Edge;

use crate::actor::{Kitchen, cook};
use crate::spans::{Failed, PARENT, attribute, is_child, is_linked, names, only, parent, parents};

/// Longer messages are refused.
const MAX_PAYLOAD: usize = 2048;

pub(crate) fn server() -> Option<Server> {
    let program = program("nats-server", &[])?;
    Some(Server::start(move |folder, port| {
        let settings = format!(
            "listen: \"127.0.0.1:{port}\"\nmax_payload: {MAX_PAYLOAD}\njetstream {{ store_dir: \"{}\" }}\n",
            folder.display()
        );
        let file = folder.join("nats.conf");
        std::fs::write(&file, settings).expect("the folder is there");
        let mut command = Command::new(&program);
        command.arg("-c").arg(file);
        command
    }))
}

pub(crate) async fn start() -> Option<(Server, Recording, Client)> {
    let server = server()?;
    let client = async_nats::connect(format!("127.0.0.1:{}", server.port())).await.unwrap();
    Some((server, testkit::record(), client))
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new(System::Nats, Edge::new("orders"))
}

pub(crate) async fn stream(
    client: &Client,
    max_deliver: i64,
    ack_wait: Duration,
) -> (jetstream::Context, PullConsumer) {
    let context = jetstream::new(client.clone());
    let settings = stream::Config {
        name: "ORDERS".into(),
        subjects: vec!["orders".into()],
        storage: StorageType::File,
        ..<_>::default()
    };
    let stream = context.create_stream(settings).await.unwrap();
    let settings = pull::Config {
        durable_name: Some("kitchen".into()),
        ack_policy: AckPolicy::Explicit,
        ack_wait,
        max_deliver,
        ..<_>::default()
    };
    (context, stream.create_consumer(settings).await.unwrap())
}

pub(crate) async fn next(consumer: &PullConsumer) -> jetstream::Message {
    let mut messages = consumer.messages().await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), messages.next()).await.unwrap().unwrap().unwrap()
}

/// Handles a message, which does not fail.
pub(crate) async fn process(message: &Message) {
    let consumer = consumer();
    let context = nats::context(&consumer, message);
    consumer.process(&nats::facts(message), context, async { Ok::<_, Failed>(()) }).await.unwrap();
}

pub(crate) const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_message_is_one_trace_from_the_sender_to_the_actor() {
    let Some((_server, spans, client)) = start().await else { return };
    let mut orders = client.subscribe("orders.*").await.unwrap();
    let kitchen = Kitchen::start();

    nats::publish(&client, "orders.7", None, b"a table".to_vec()).await.unwrap();
    let message = orders.next().await.unwrap();
    let mut facts = nats::facts(&message);
    facts.template = Some("orders.*");
    let consumer = consumer();
    let context = nats::context(&consumer, &message);
    consumer.process(&facts, context, cook(&kitchen)).await.unwrap();
    spans.ended("Kitchen/Cook", 1).await;

    assert_eq!(names(&spans), "send orders.7\n  process orders.*\n    Kitchen/Cook");
    let (sent, processed) = (only(&spans, "send orders.7"), only(&spans, "process orders.*"));
    assert_eq!((sent.span_kind, processed.span_kind), (SpanKind::Producer, SpanKind::Consumer));
    for (span, operation) in [(&sent, "send"), (&processed, "process")] {
        for (name, value) in [
            ("messaging.system", "nats"),
            ("messaging.operation.name", operation),
            ("messaging.operation.type", operation),
            ("messaging.destination.name", "orders.7"),
            ("messaging.message.body.size", "7"),
        ] {
            assert_eq!(attribute(span, name).as_deref(), Some(value), "{operation}: {name}");
        }
    }
    assert_eq!(attribute(&processed, "messaging.destination.template").as_deref(), Some("orders.*"));
}

/// Messages from a producer without traces, or with a malformed context.
#[tokio::test]
async fn a_bare_or_malformed_message_is_taken_and_a_name_in_any_case_is_read() {
    let Some((_server, spans, client)) = start().await else { return };
    let mut orders = client.subscribe("orders").await.unwrap();
    client.publish("orders", "bare".into()).await.unwrap();
    let mut malformed = HeaderMap::new();
    malformed.insert("traceparent", "00-zz-yy-01");
    client.publish_with_headers("orders", malformed, "malformed".into()).await.unwrap();
    let mut shouted = HeaderMap::new();
    shouted.insert("TraceParent", PARENT);
    client.publish_with_headers("orders", shouted, "shouted".into()).await.unwrap();
    let mut unsampled = HeaderMap::new();
    unsampled.insert("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    client.publish_with_headers("orders", unsampled, "unsampled".into()).await.unwrap();

    for payload in ["bare", "malformed", "shouted", "unsampled"] {
        let message = orders.next().await.unwrap();
        assert_eq!(message.payload, payload);
        process(&message).await;
    }
    assert_eq!(parents(&spans, "process orders"), [None, None, Some(parent())]);
}

#[tokio::test]
async fn headers_of_others_are_kept_and_a_context_makes_no_message_too_large() {
    let Some((_server, spans, client)) = start().await else { return };
    let mut orders = client.subscribe("orders").await.unwrap();

    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", "7");
    headers.append("X-Tag", "a");
    headers.append("X-Tag", "b");
    headers.insert("TRACEPARENT", "an old one");
    nats::publish(&client, "orders", Some(headers.clone()), Vec::new()).await.unwrap();
    let got = orders.next().await.unwrap().headers.unwrap();
    assert_eq!(got.get("Nats-Msg-Id").unwrap().as_str(), "7");
    assert_eq!(got.get_all("X-Tag").map(|value| value.as_str().to_owned()).collect::<Vec<_>>(), ["a", "b"]);
    let sent = only(&spans, "send orders");
    assert!(got.get("traceparent").unwrap().as_str().contains(&sent.context.span_id.to_string()));
    assert!(got.get("TRACEPARENT").is_none());

    // With the context it would be refused.
    headers.insert("X-Long", "x".repeat(MAX_PAYLOAD - 120).as_str());
    nats::publish(&client, "orders", Some(headers), Vec::new()).await.unwrap();
    let message = tokio::time::timeout(LONG, orders.next()).await.unwrap().unwrap();
    assert!(message.headers.unwrap().get("traceparent").is_none());
}

#[tokio::test]
async fn a_message_that_failed_is_delivered_again_below_the_same_send() {
    let Some((_server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, LONG).await;
    nats::publish_to_stream(&context, &client, "orders", None, b"a table".to_vec()).await.unwrap();

    let consumer = consumer();
    let failed =
        nats::process_and_ack(&consumer, &next(&orders).await, async { Err(Failed("no salt")) }).await;
    assert_eq!(failed.unwrap_err().to_string(), "no salt");
    nats::process_and_ack(&consumer, &next(&orders).await, async { Ok::<_, Failed>(()) }).await.unwrap();

    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    nak orders\n  process orders\n    ack orders"
    );
    let processed = spans.named("process orders");
    assert_eq!(processed[0].error.as_deref(), Some("no salt"));
    assert_eq!(processed[1].error, None);
    let counts: Vec<_> =
        processed.iter().map(|span| attribute(span, "messaging.message.delivery_count").unwrap()).collect();
    assert_eq!(counts, ["1", "2"]);
    let settled = only(&spans, "ack orders");
    assert_eq!(settled.span_kind, SpanKind::Client);
    assert_eq!(attribute(&settled, "messaging.operation.type").as_deref(), Some("settle"));
}

#[tokio::test]
async fn a_consumer_that_ends_before_it_settles_loses_nothing_and_its_span_says_so() {
    let Some((_server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, Duration::from_secs(1)).await;
    nats::publish_to_stream(&context, &client, "orders", None, Vec::new()).await.unwrap();

    let consumer = consumer();
    let message = next(&orders).await;
    let handling = nats::process_and_ack(&consumer, &message, std::future::pending::<Result<(), Failed>>());
    assert!(tokio::time::timeout(Duration::from_millis(10), handling).await.is_err(), "it is killed");
    drop(message);
    nats::process_and_ack(&consumer, &next(&orders).await, async { Ok::<_, Failed>(()) }).await.unwrap();

    assert_eq!(names(&spans), "send orders\n  process orders\n  process orders\n    ack orders");
    let errors: Vec<_> = spans.named("process orders").into_iter().map(|span| span.error).collect();
    assert_eq!(errors, [Some("cancelled".to_owned()), None]);
}

#[tokio::test]
async fn a_message_outlives_a_crash_of_the_server_with_its_trace() {
    let Some((mut server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, LONG).await;
    nats::publish_to_stream(&context, &client, "orders", None, Vec::new()).await.unwrap();

    server.kill();
    let unsent = nats::publish_to_stream(&context, &client, "orders", None, Vec::new());
    assert!(!matches!(tokio::time::timeout(Duration::from_millis(500), unsent).await, Ok(Ok(_))));
    server.resume();

    let consumer = consumer();
    // The client connects again by itself; what it asked for meanwhile may be gone.
    let message = loop {
        let fetched = orders.fetch().max_messages(1).expires(Duration::from_secs(1)).messages().await;
        let Ok(mut messages) = fetched else { continue };
        match tokio::time::timeout(Duration::from_secs(2), messages.next()).await {
            Ok(Some(Ok(message))) => break message,
            _ => tokio::task::yield_now().await,
        }
    };
    nats::process_and_ack(&consumer, &message, async { Ok::<_, Failed>(()) }).await.unwrap();
    let sends = spans.named("send orders");
    assert!(sends.len() == 2 && sends[1].error.is_some(), "{}", spans.tree());
    assert!(is_child(&only(&spans, "process orders"), &sends[0]));
}

/// A message that nobody can handle is moved, and its trace says why.
#[tokio::test]
async fn a_poisoned_message_goes_to_the_dead_letters_in_its_trace() {
    let Some((_server, spans, client)) = start().await else { return };
    let mut dead = client.subscribe("dead.orders").await.unwrap();
    let (context, orders) = stream(&client, 3, LONG).await;
    let mut headers = HeaderMap::new();
    headers.insert("X-Shop", "7");
    nats::publish_to_stream(&context, &client, "orders", Some(headers), b"poison".to_vec()).await.unwrap();

    let consumer = consumer();
    for attempt in 1..=3 {
        let message = next(&orders).await;
        let facts = nats::stream_facts(&message);
        let context = nats::context(&consumer, &message.message);
        let handled = consumer.process(&facts, context, async {
            if facts.delivery_count == Some(3) {
                nats::publish(&client, "dead.orders", message.headers.clone(), message.payload.to_vec())
                    .await
                    .unwrap();
                consumer.settle("term", &facts, message.ack_with(AckKind::Term)).await.unwrap();
            } else {
                consumer.settle("nak", &facts, message.ack_with(AckKind::Nak(None))).await.unwrap();
            }
            Err::<(), _>(Failed("cannot be read"))
        });
        assert!(handled.await.is_err(), "{attempt}");
    }
    let letter = dead.next().await.unwrap();
    assert_eq!(letter.headers.as_ref().unwrap().get("X-Shop").unwrap().as_str(), "7");
    process(&letter).await;

    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    nak orders\n  process orders\n    nak orders\n  process orders\n    \
         send dead.orders\n      process dead.orders\n    term orders"
    );
}

#[tokio::test]
async fn a_batch_is_a_trace_that_is_linked_to_each_of_its_messages() {
    let Some((_server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, LONG).await;

    let producer = Producer::new(System::Nats);
    let facts = Facts::of("orders");
    let mut created = Vec::new();
    let mut batch = Vec::new();
    for _ in 0..2 {
        let mut headers = HeaderMap::new();
        created.push(producer.create(&facts, &mut nats::Writer(&mut headers)));
        batch.push(headers);
    }
    let send = async {
        for headers in batch {
            context.publish_with_headers("orders", headers, Vec::new().into()).await?.await?;
        }
        // And one from somebody who knows nothing of traces.
        context.publish("orders", Vec::new().into()).await?.await.map(|_| ())
    };
    producer.send_batch(&facts, created).run(send).await.unwrap();

    let fetched: Vec<_> = orders.fetch().max_messages(3).messages().await.unwrap().collect().await;
    let messages: Vec<jetstream::Message> = fetched.into_iter().map(Result::unwrap).collect();
    let consumer = consumer();
    let contexts: Vec<_> =
        messages.iter().map(|message| nats::context(&consumer, &message.message)).collect();
    consumer.receive("fetch", &facts, &contexts);
    let mut span = consumer.open_batch(&facts, contexts);
    span.run(async {
        for message in &messages {
            message.ack().await.unwrap();
        }
    })
    .await;
    span.end_ok();

    let creations = spans.named("create orders");
    assert_eq!(creations.len(), 2);
    assert!(creations.iter().all(|span| span.span_kind == SpanKind::Producer));
    for (name, kind, count) in [
        ("send orders", SpanKind::Client, "2"),
        ("fetch orders", SpanKind::Client, "3"),
        ("process orders", SpanKind::Consumer, "3"),
    ] {
        let span = only(&spans, name);
        assert_eq!((span.parent, span.span_kind), (None, kind), "{name}");
        assert_eq!(span.links.len(), 2, "{name}");
        assert!(creations.iter().all(|created| is_linked(&span, created)), "{name}");
        assert_eq!(attribute(&span, "messaging.batch.message_count").as_deref(), Some(count), "{name}");
    }
}
