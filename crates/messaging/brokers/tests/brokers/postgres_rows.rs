//! Rows and notifications as others write them, and savepoints.

use traced_actor_messaging::{Facts, Producer, System, postgres};

use crate::postgres::{connect, consumer, relay, start, write};
use crate::spans::{Failed, is_child, names, only};

/// Numbers, lists and objects among the headers are others', and so are names that differ in nothing but their case.
#[tokio::test]
async fn headers_of_others_are_kept_whatever_their_values_are() {
    let Some((_server, _spans, mut client)) = start().await else { return };
    let others = r#"{"shop": "7", "count": 7, "tags": ["a", {"b": null}], "TraceParent": "an old one"}"#;
    write(&mut client, Some(others), true).await.unwrap();
    let row = client.query_one("SELECT (headers - 'traceparent')::text FROM outbox", &[]).await.unwrap();
    let kept: serde_json::Value = serde_json::from_str(row.get(0)).unwrap();
    assert_eq!(kept, serde_json::json!({"shop": "7", "count": 7, "tags": ["a", {"b": null}]}));
    // A JSON value that is not an object holds no headers. This is not an error.
    write(&mut client, Some("[1]"), true).await.unwrap();
    relay(&mut client, async { Ok(()) }).await.unwrap().unwrap();
}

/// A part that is rolled back is as if it had not been sent; what is around it is there.
#[tokio::test]
async fn a_savepoint_that_is_rolled_back_takes_its_rows_along() {
    const STATEMENT: &str = "INSERT INTO outbox (headers, payload) VALUES ($1::text::jsonb, '')";
    let Some((_server, spans, mut client)) = start().await else { return };
    let headers = || {
        let mut sending = Producer::new(System::Postgres).send(&Facts::of("outbox"));
        postgres::headers(&mut sending, None)
    };
    let mut transaction = client.transaction().await.unwrap();
    transaction.execute(STATEMENT, &[&headers()]).await.unwrap();
    let inner = transaction.transaction().await.unwrap();
    inner.execute(STATEMENT, &[&headers()]).await.unwrap();
    inner.rollback().await.unwrap();
    transaction.commit().await.unwrap();
    relay(&mut client, async { Ok(()) }).await.unwrap().unwrap();
    assert!(relay(&mut client, async { Ok(()) }).await.is_none());
    assert!(is_child(&only(&spans, "process outbox"), &spans.named("send outbox")[0]));
}

/// A notification of a transaction that is rolled back is never delivered, and equal ones of one transaction are told apart by their contexts.
#[tokio::test]
async fn notifications_come_with_the_commit() {
    let Some((server, spans, mut client)) = start().await else { return };
    let (listener, mut notifications) = connect(&server).await;
    listener.batch_execute("LISTEN orders").await.unwrap();
    let producer = Producer::new(System::Postgres);
    for commits in [false, true] {
        let transaction = client.transaction().await.unwrap();
        for _ in 0..2 {
            let mut sending = producer.send(&Facts::of("orders"));
            let payload = postgres::notification(&mut sending, "table 7");
            sending.run(transaction.execute("SELECT pg_notify('orders', $1)", &[&payload])).await.unwrap();
        }
        if commits { transaction.commit().await.unwrap() } else { transaction.rollback().await.unwrap() }
    }
    let consumer = consumer();
    for _ in 0..2 {
        let payload = notifications.recv().await.unwrap();
        let (context, text) = postgres::read_notification(&consumer, &payload);
        assert_eq!(text, "table 7");
        consumer.process(&Facts::of("orders"), context, async { Ok::<_, Failed>(()) }).await.unwrap();
    }
    assert_eq!(
        names(&spans),
        "send orders\nsend orders\nsend orders\n  process orders\nsend orders\n  process orders"
    );
}

/// Payloads without a context: several lines, a line that only looks like a context, multi-byte characters, and nothing
/// at all.
#[tokio::test]
async fn a_bare_notification_is_taken_as_it_is() {
    let Some((server, spans, client)) = start().await else { return };
    let (listener, mut notifications) = connect(&server).await;
    listener.batch_execute("LISTEN orders").await.unwrap();
    let consumer = consumer();
    let payloads =
        ["", "\n", "two\nlines", "traceparent=none\nof ours", "traceparent", "a=b&c=d\nx", "äöü\n€"];
    for payload in payloads {
        client.execute("SELECT pg_notify('orders', $1)", &[&payload]).await.unwrap();
        let got = notifications.recv().await.unwrap();
        let (context, text) = postgres::read_notification(&consumer, &got);
        assert_eq!((text, context.is_absent()), (payload, true));
    }
    assert!(spans.all().is_empty());
}
