//! `PostgreSQL`: an outbox, and LISTEN/NOTIFY.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, NoTls};
use traced_actor::testkit::{self, Recording};
use traced_actor_messaging::{Consumer, Facts, Producer, System, postgres};
use traced_actor_messaging_brokers_tests::{Server, postgres as server};
use traced_actor_propagation::Edge;

use crate::actor::{Kitchen, cook};
use crate::spans::{Failed, attribute, names, only};

/// Returns a client, and the notifications that it gets.
pub(crate) async fn connect(server: &Server) -> (Client, mpsc::UnboundedReceiver<String>) {
    let settings = format!("host=127.0.0.1 port={} user=test dbname=postgres", server.port());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let (client, mut connection) = loop {
        match tokio_postgres::connect(&settings, NoTls).await {
            Ok(connected) => break connected,
            // It listens before it is ready.
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let (sender, notifications) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(notification) = message {
                sender.send(notification.payload().to_owned()).ok();
            }
        }
    });
    (client, notifications)
}

/// Starts a server with an outbox.
pub(crate) async fn start() -> Option<(Server, Recording, Client)> {
    let server = server()?;
    let (client, _) = connect(&server).await;
    client.batch_execute(postgres::OUTBOX).await.unwrap();
    Some((server, testkit::record(), client))
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new(System::Postgres, Edge::new("outbox"))
}

/// Writes a message in its own transaction, or rolls it back.
pub(crate) async fn write(
    client: &mut Client,
    others: Option<&str>,
    commits: bool,
) -> Result<(), tokio_postgres::Error> {
    let mut sending = Producer::new(System::Postgres).send(&Facts::of("outbox"));
    let headers = postgres::headers(&mut sending, others);
    let written = async {
        let transaction = client.transaction().await?;
        let statement = "INSERT INTO outbox (headers, payload) VALUES ($1::text::jsonb, $2)";
        transaction.execute(statement, &[&headers, &b"a table".as_slice()]).await?;
        if commits { transaction.commit().await } else { transaction.rollback().await }
    };
    sending.run(written).await
}

/// Takes the next message out and handles it; the row is deleted with the transaction.
pub(crate) async fn relay(
    client: &mut Client,
    handler: impl Future<Output = Result<(), Failed>>,
) -> Option<Result<(), Failed>> {
    let consumer = consumer();
    let transaction = client.transaction().await.unwrap();
    let statement =
        "SELECT id, headers::text, attempts FROM outbox ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1";
    let row = transaction.query_opt(statement, &[]).await.unwrap()?;
    let (id, headers, attempts): (i64, Option<String>, i32) = (row.get(0), row.get(1), row.get(2));
    let context = postgres::context(&consumer, headers.as_deref());
    let id_text = id.to_string();
    let mut facts = Facts::of("outbox");
    facts.message_id = Some(&id_text);
    facts.delivery_count = u64::try_from(attempts + 1).ok();
    let handled = async {
        let result = handler.await;
        let (name, statement) = match result {
            Ok(()) => ("delete", "DELETE FROM outbox WHERE id = $1"),
            Err(_) => ("retry", "UPDATE outbox SET attempts = attempts + 1 WHERE id = $1"),
        };
        let settled = async {
            transaction.execute(statement, &[&id]).await?;
            transaction.commit().await
        };
        consumer.settle(name, &facts, settled).await.map_err(|_| Failed("not settled"))?;
        result
    };
    Some(consumer.process(&facts, context, handled).await)
}

#[tokio::test]
async fn a_row_is_one_trace_and_what_is_rolled_back_was_never_sent() {
    let Some((_server, spans, mut client)) = start().await else { return };
    let kitchen = Kitchen::start();
    write(&mut client, Some(r#"{"shop": "7", "count": 7}"#), true).await.unwrap();
    write(&mut client, None, false).await.unwrap();

    let kept = client.query_one("SELECT headers->>'shop' FROM outbox", &[]).await.unwrap();
    assert_eq!(kept.get::<_, String>(0), "7");
    let cooked = async { cook(&kitchen).await.map_err(|_| Failed("")) };
    relay(&mut client, cooked).await.unwrap().unwrap();
    assert!(relay(&mut client, async { Ok(()) }).await.is_none(), "nothing is left");
    spans.ended("Kitchen/Cook", 1).await;

    assert_eq!(
        names(&spans),
        "send outbox\n  process outbox\n    Kitchen/Cook\n    delete outbox\nsend outbox"
    );
    assert_eq!(attribute(&only(&spans, "process outbox"), "messaging.system").as_deref(), Some("postgresql"));
}

#[tokio::test]
async fn a_row_without_headers_or_with_malformed_ones_is_taken() {
    let Some((_server, spans, mut client)) = start().await else { return };
    for headers in ["NULL", "'[]'", r#"'{"traceparent": "00-zz"}'"#, r#"'{"traceparent": 7}'"#] {
        client
            .batch_execute(&format!("INSERT INTO outbox (headers, payload) VALUES ({headers}, '')"))
            .await
            .unwrap();
        relay(&mut client, async { Ok(()) }).await.unwrap().unwrap();
    }
    assert_eq!(spans.named("process outbox").iter().filter(|span| span.parent.is_none()).count(), 4);
}

/// The relay is killed in the middle: the row is there again for another, and so is one that failed.
#[tokio::test]
async fn a_row_that_was_not_handled_is_delivered_again_in_its_trace() {
    let Some((server, spans, mut client)) = start().await else { return };
    write(&mut client, None, true).await.unwrap();
    {
        let (mut killed, _) = connect(&server).await;
        let handling = relay(&mut killed, std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(500), handling).await.is_err());
    }
    let retried = loop {
        // Until the server has noticed that the other one is gone, it skips the row.
        if let Some(handled) = relay(&mut client, async { Err(Failed("no salt")) }).await {
            break handled;
        }
    };
    assert!(retried.is_err());
    relay(&mut client, async { Ok(()) }).await.unwrap().unwrap();

    assert_eq!(
        names(&spans),
        "send outbox\n  process outbox\n  process outbox\n    retry outbox\n  process outbox\n    delete outbox"
    );
    let errors: Vec<_> = spans.named("process outbox").into_iter().map(|span| span.error).collect();
    assert_eq!(errors, [Some("cancelled".to_owned()), Some("no salt".to_owned()), None]);
}

#[tokio::test]
async fn a_database_that_is_away_is_on_the_span_and_what_was_written_is_there_after_it() {
    let Some((mut server, spans, mut client)) = start().await else { return };
    write(&mut client, None, true).await.unwrap();
    server.kill();
    // The process that serves this client is another, and ends once it notices.
    while !client.is_closed() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(write(&mut client, None, true).await.is_err());
    server.resume();
    let (mut client, _) = connect(&server).await;
    relay(&mut client, async { Ok(()) }).await.unwrap().unwrap();
    assert_eq!(names(&spans), "send outbox\n  process outbox\n    delete outbox\nsend outbox");
    let failed = &spans.named("send outbox")[1];
    assert!(attribute(failed, "error.type").unwrap().contains("tokio_postgres"));
}

#[tokio::test]
async fn a_notification_carries_its_context_if_there_is_room() {
    let Some(server) = server() else { return };
    let spans = testkit::record();
    let (client, _) = connect(&server).await;
    let (listener, mut notifications) = connect(&server).await;
    listener.batch_execute("LISTEN orders").await.unwrap();
    let facts = Facts::of("orders");
    let long = "x".repeat(postgres::LONGEST_NOTIFICATION - 10);
    for payload in ["a table\nin two lines", &long] {
        let mut sending = Producer::new(System::Postgres).send(&facts);
        let notification = postgres::notification(&mut sending, payload);
        sending.run(client.execute("SELECT pg_notify('orders', $1)", &[&notification])).await.unwrap();
    }
    // From somebody who knows nothing of traces.
    client.execute("SELECT pg_notify('orders', 'bare')", &[]).await.unwrap();

    let consumer = consumer();
    let mut payloads = Vec::new();
    for _ in 0..3 {
        let notification = notifications.recv().await.unwrap();
        let (context, payload) = postgres::read_notification(&consumer, &notification);
        payloads.push(payload.to_owned());
        consumer.process(&facts, context, async { Ok::<_, Failed>(()) }).await.unwrap();
    }
    assert_eq!(payloads, ["a table\nin two lines", &long, "bare"]);
    assert_eq!(names(&spans), "send orders\n  process orders\nsend orders\nprocess orders\nprocess orders");
}

/// A row that fails each time is moved to another table by the one that gives it up.
#[tokio::test]
async fn a_poisoned_row_goes_to_the_dead_letters_in_its_trace() {
    let Some((server, spans, mut client)) = start().await else { return };
    client.batch_execute("CREATE TABLE dead (headers jsonb, payload bytea)").await.unwrap();
    write(&mut client, Some(r#"{"shop": "7"}"#), true).await.unwrap();
    assert!(relay(&mut client, async { Err(Failed("cannot be read")) }).await.unwrap().is_err());

    let (other, _) = connect(&server).await;
    let moved = async {
        let row = other.query_one("SELECT headers::text, payload FROM outbox", &[]).await.unwrap();
        let (headers, payload): (String, Vec<u8>) = (row.get(0), row.get(1));
        let mut sending = Producer::new(System::Postgres).send(&Facts::of("dead"));
        let headers = postgres::headers(&mut sending, Some(&headers));
        let statement = "INSERT INTO dead (headers, payload) VALUES ($1::text::jsonb, $2)";
        sending.run(other.execute(statement, &[&headers, &payload])).await.unwrap();
        // It has been dealt with: the relay deletes it.
        Ok(())
    };
    Box::pin(relay(&mut client, moved)).await.unwrap().unwrap();
    assert!(relay(&mut client, async { Ok(()) }).await.is_none(), "nothing is left");

    let letter = client.query_one("SELECT headers::text, headers->>'shop' FROM dead", &[]).await.unwrap();
    assert_eq!(letter.get::<_, String>(1), "7");
    let consumer = consumer();
    let context = postgres::context(&consumer, Some(&letter.get::<_, String>(0)));
    consumer.process(&Facts::of("dead"), context, async { Ok::<_, Failed>(()) }).await.unwrap();
    assert_eq!(
        names(&spans),
        "send outbox\n  process outbox\n    retry outbox\n  process outbox\n    send dead\n      process dead\n    \
         delete outbox"
    );
}

/// Up to the last byte that the server takes; what it refuses without a context is a send that failed.
#[tokio::test]
async fn the_longest_notification_carries_its_context_and_a_longer_one_goes_bare() {
    let Some(server) = server() else { return };
    let spans = testkit::record();
    let (client, _) = connect(&server).await;
    let (listener, mut notifications) = connect(&server).await;
    listener.batch_execute("LISTEN orders").await.unwrap();
    let consumer = consumer();
    let line = {
        let mut sending = Producer::new(System::Postgres).send(&Facts::of("probe"));
        postgres::notification(&mut sending, "").len()
    };
    let longest = postgres::LONGEST_NOTIFICATION;
    for (length, has_context, is_taken) in [
        (longest - line, true, true),
        (longest - line + 1, false, true),
        (longest, false, true),
        (longest + 1, false, false),
    ] {
        let payload = "x".repeat(length);
        let mut sending = Producer::new(System::Postgres).send(&Facts::of("orders"));
        let notification = postgres::notification(&mut sending, &payload);
        let sent = sending.run(client.execute("SELECT pg_notify('orders', $1)", &[&notification])).await;
        assert_eq!(sent.is_ok(), is_taken, "{length}");
        if is_taken {
            let got = notifications.recv().await.unwrap();
            let (context, read) = postgres::read_notification(&consumer, &got);
            assert_eq!((!context.is_absent(), read), (has_context, &*payload), "{length}");
        }
    }
    let failed: Vec<_> = spans.named("send orders").iter().map(|span| span.error.is_some()).collect();
    assert_eq!(failed, [false, false, false, true]);
}
