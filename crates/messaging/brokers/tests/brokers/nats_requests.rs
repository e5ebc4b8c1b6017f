//! Requests and their replies, delays, groups and duplicates.

use std::time::Duration;

use async_nats::jetstream::AckKind;
use async_nats::{Client, HeaderMap, Message, RequestError};
use futures_util::StreamExt;
use tokio::time::Instant;
use traced_actor_messaging::{Facts, Producer, System, nats};

use crate::nats::{LONG, consumer, next, process, start, stream};
use crate::spans::{Failed, attribute, is_child, names, only};

/// Sends a request in a span that ends with the reply.
async fn request(client: &Client, subject: &str) -> Result<Message, RequestError> {
    let mut headers = HeaderMap::new();
    let mut sending = Producer::new(System::Nats).send(&Facts::of(subject));
    sending.write(&mut nats::Writer(&mut headers));
    sending.run(client.request_with_headers(subject.to_owned(), headers, "".into())).await
}

/// The reply goes to a subject that is made for it, and back to who asked.
#[tokio::test]
async fn a_request_and_its_reply_are_one_trace() {
    let Some((_server, spans, client)) = start().await else { return };
    // On one connection, so that the server receives the subscription before the request.
    let responder = client.clone();
    let mut orders = responder.subscribe("orders").await.unwrap();
    let answers = tokio::spawn(async move {
        let request = orders.next().await.unwrap();
        let consumer = consumer();
        let context = nats::context(&consumer, &request);
        let reply = request.reply.clone().unwrap();
        let answer = nats::publish(&responder, reply.as_str(), None, b"a table".to_vec());
        consumer.process(&nats::facts(&request), context, answer).await.unwrap();
    });

    let reply = request(&client, "orders").await.unwrap();
    answers.await.unwrap();
    process(&reply).await;

    assert_eq!(names(&spans), "send orders\n  process orders\n    send\n      process");
    let (sent, answered) = (only(&spans, "send"), only(&spans, "process"));
    for span in [&sent, &answered] {
        assert_eq!(attribute(span, "messaging.destination.temporary").as_deref(), Some("true"));
        assert!(attribute(span, "messaging.destination.name").unwrap().starts_with("_INBOX."));
    }
}

/// The server answers by itself, with its own headers.
#[tokio::test]
async fn a_request_that_nobody_answers_is_a_send_that_failed() {
    let Some((_server, spans, client)) = start().await else { return };
    assert!(request(&client, "nobody").await.is_err());
    let sent = only(&spans, "send nobody");
    assert!(attribute(&sent, "error.type").unwrap().contains("RequestError"), "{sent:?}");
}

#[tokio::test]
async fn a_message_that_is_put_off_comes_again_later_in_its_trace() {
    const DELAY: Duration = Duration::from_millis(300);
    let Some((_server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, LONG).await;
    nats::publish_to_stream(&context, &client, "orders", None, b"a table".to_vec()).await.unwrap();

    let consumer = consumer();
    let message = next(&orders).await;
    let facts = nats::stream_facts(&message);
    let later = async {
        consumer.settle("nak", &facts, message.ack_with(AckKind::Nak(Some(DELAY)))).await.unwrap();
        Err::<(), _>(Failed("the oven is full"))
    };
    let context = nats::context(&consumer, &message.message);
    assert!(consumer.process(&facts, context, later).await.is_err());
    let put_off = Instant::now();
    nats::process_and_ack(&consumer, &next(&orders).await, async { Ok::<_, Failed>(()) }).await.unwrap();
    assert!(put_off.elapsed() >= DELAY / 2);

    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    nak orders\n  process orders\n    ack orders"
    );
    let counts: Vec<_> = spans
        .named("process orders")
        .iter()
        .map(|span| attribute(span, "messaging.message.delivery_count").unwrap())
        .collect();
    assert_eq!(counts, ["1", "2"]);
}

/// Long work that says so is not delivered again.
#[tokio::test]
async fn progress_is_a_settling_of_its_own_and_no_delivery() {
    let Some((_server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, LONG).await;
    nats::publish_to_stream(&context, &client, "orders", None, Vec::new()).await.unwrap();
    let (consumer, message) = (consumer(), next(&orders).await);
    let facts = nats::stream_facts(&message);
    let handled = async {
        consumer.settle("in_progress", &facts, message.ack_with(AckKind::Progress)).await?;
        // Waits until the server has it.
        consumer.settle("ack", &facts, message.double_ack()).await
    };
    let context = nats::context(&consumer, &message.message);
    consumer.process(&facts, context, handled).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    in_progress orders\n    ack orders");
}

/// The server keeps the first; both sends are there, and one delivery.
#[tokio::test]
async fn a_duplicate_is_sent_twice_and_handled_once() {
    let Some((_server, spans, client)) = start().await else { return };
    let (context, orders) = stream(&client, -1, LONG).await;
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", "7");
    for is_duplicate in [false, true] {
        let stored =
            nats::publish_to_stream(&context, &client, "orders", Some(headers.clone()), Vec::new()).await;
        assert_eq!(stored.unwrap().duplicate, is_duplicate);
    }
    let consumer = consumer();
    nats::process_and_ack(&consumer, &next(&orders).await, async { Ok::<_, Failed>(()) }).await.unwrap();
    let sends = spans.named("send orders");
    assert_eq!(sends.len(), 2);
    assert!(is_child(&only(&spans, "process orders"), &sends[0]));
}

/// Each message goes to one of the group, in its own trace.
#[tokio::test]
async fn a_group_handles_each_message_once() {
    let Some((_server, spans, client)) = start().await else { return };
    let mut group = Vec::new();
    for _ in 0..2 {
        group.push(client.queue_subscribe("orders", "kitchen".into()).await.unwrap());
    }
    client.flush().await.unwrap();
    let handlers: Vec<_> = group
        .into_iter()
        .map(|mut orders| {
            tokio::spawn(async move {
                while let Some(message) = orders.next().await {
                    process(&message).await;
                }
            })
        })
        .collect();
    for _ in 0..10 {
        nats::publish(&client, "orders", None, Vec::new()).await.unwrap();
    }
    spans.ended("process orders", 10).await;
    let (sends, processed) = (spans.named("send orders"), spans.named("process orders"));
    assert_eq!((sends.len(), processed.len()), (10, 10));
    for sent in &sends {
        assert_eq!(processed.iter().filter(|span| is_child(span, sent)).count(), 1);
    }
    handlers.iter().for_each(tokio::task::JoinHandle::abort);
}
