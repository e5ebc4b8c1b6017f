//! Redis streams.

use std::process::Command;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamAutoClaimReply, StreamId, StreamReadReply};
use redis::{AsyncCommands, RedisResult};
use traced_actor::testkit::{self, Recording};
use traced_actor_messaging::{Consumer, Facts, Producer, System, redis as traced};
use traced_actor_messaging_brokers_tests::{Server, program};
use traced_actor_propagation::Edge;

use crate::actor::{Kitchen, cook};
use crate::spans::{Failed, attribute, names, only};

fn server() -> Option<Server> {
    let program = program("redis-server", &[])?;
    Some(Server::start(move |folder, port| {
        let mut command = Command::new(&program);
        command.args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--dir",
        ]);
        command.arg(folder).args(["--port", &port.to_string()]);
        command
    }))
}

async fn connect(server: &Server) -> MultiplexedConnection {
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/", server.port())).unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        // It listens before it has read its file.
        let connection = client.get_multiplexed_async_connection().await;
        if let Ok(mut connection) = connection
            && redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
        {
            return connection;
        }
        assert!(tokio::time::Instant::now() < deadline, "the server does not answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn add(
    connection: &mut MultiplexedConnection,
    mut fields: Vec<(String, Vec<u8>)>,
) -> RedisResult<String> {
    let mut sending = Producer::new(System::Redis).send(&Facts::of("orders"));
    sending.write(&mut traced::Writer(&mut fields));
    let mut command = redis::cmd("XADD");
    command.arg("orders").arg("*").arg(&fields);
    sending.run(command.query_async(connection)).await
}

/// Starts a server with a stream and its group.
pub(crate) async fn start() -> Option<(Server, Recording, MultiplexedConnection)> {
    let server = server()?;
    let mut connection = connect(&server).await;
    connection.xgroup_create_mkstream::<_, _, _, ()>("orders", "kitchen", "0").await.unwrap();
    Some((server, testkit::record(), connection))
}

/// Reads the next entry for this consumer of the group.
pub(crate) async fn read(connection: &mut MultiplexedConnection, name: &str) -> StreamId {
    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg("kitchen").arg(name).arg("COUNT").arg(1).arg("BLOCK").arg(20_000);
    command.arg("STREAMS").arg("orders").arg(">");
    let mut reply: StreamReadReply = command.query_async(connection).await.unwrap();
    reply.keys.remove(0).ids.remove(0)
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new(System::Redis, Edge::new("orders"))
}

/// Handles an entry, and acknowledges it if that succeeds.
pub(crate) async fn process(
    connection: &mut MultiplexedConnection,
    entry: &StreamId,
    deliveries: u64,
    handler: impl Future<Output = Result<(), Failed>>,
) -> Result<(), Failed> {
    let consumer = consumer();
    let mut facts = Facts::of("orders");
    facts.message_id = Some(&entry.id);
    facts.group = Some("kitchen");
    facts.delivery_count = Some(deliveries);
    let context = consumer.context(&traced::Reader(&entry.map));
    let handled = async {
        handler.await?;
        let ids = [&entry.id];
        let ack = connection.xack::<_, _, _, u64>("orders", "kitchen", &ids);
        consumer.settle("ack", &facts, ack).await.map(|_| ()).map_err(|_| Failed("not acknowledged"))
    };
    consumer.process(&facts, context, handled).await
}

#[tokio::test]
async fn an_entry_is_one_trace_and_fields_of_others_are_kept() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    let kitchen = Kitchen::start();
    let fields =
        vec![("table".to_owned(), b"7".to_vec()), ("TraceParent".to_owned(), b"an old one".to_vec())];
    let id = add(&mut connection, fields).await.unwrap();
    let entry = read(&mut connection, "one").await;
    assert_eq!((entry.id.as_str(), entry.get::<String>("table").unwrap().as_str()), (id.as_str(), "7"));
    assert!(!entry.map.contains_key("TraceParent"));
    process(&mut connection, &entry, 1, async { cook(&kitchen).await.map_err(|_| Failed("")) })
        .await
        .unwrap();
    spans.ended("Kitchen/Cook", 1).await;

    assert_eq!(names(&spans), "send orders\n  process orders\n    Kitchen/Cook\n    ack orders");
    let processed = only(&spans, "process orders");
    for (name, value) in [
        ("messaging.system", "redis"),
        ("messaging.message.id", id.as_str()),
        ("messaging.consumer.group.name", "kitchen"),
    ] {
        assert_eq!(attribute(&processed, name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_bare_entry_is_taken() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    connection.xadd::<_, _, _, _, String>("orders", "*", &[("table", "7")]).await.unwrap();
    let entry = read(&mut connection, "one").await;
    process(&mut connection, &entry, 1, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "process orders\n  ack orders");
}

/// The first consumer is killed; another claims what it has left.
#[tokio::test]
async fn an_entry_of_a_consumer_that_is_gone_is_claimed_with_its_trace() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    add(&mut connection, Vec::new()).await.unwrap();
    let entry = read(&mut connection, "one").await;
    let handling = process(&mut connection, &entry, 1, std::future::pending());
    assert!(tokio::time::timeout(Duration::from_millis(10), handling).await.is_err());

    let mut claim = redis::cmd("XAUTOCLAIM");
    claim.arg("orders").arg("kitchen").arg("two").arg(0).arg("0");
    let claimed: StreamAutoClaimReply = claim.query_async(&mut connection).await.unwrap();
    assert_eq!(claimed.claimed.len(), 1);
    process(&mut connection, &claimed.claimed[0], 2, async { Ok(()) }).await.unwrap();

    assert_eq!(names(&spans), "send orders\n  process orders\n  process orders\n    ack orders");
    let processed = spans.named("process orders");
    assert_eq!(processed[0].error.as_deref(), Some("cancelled"));
    assert_eq!(attribute(&processed[1], "messaging.message.delivery_count").as_deref(), Some("2"));
}

#[tokio::test]
async fn an_entry_outlives_a_crash_of_the_server_with_its_trace() {
    let Some((mut server, spans, mut connection)) = start().await else { return };
    add(&mut connection, Vec::new()).await.unwrap();
    server.kill();
    assert!(add(&mut connection, Vec::new()).await.is_err(), "nobody is there");
    server.resume();

    let mut connection = connect(&server).await;
    let entry = read(&mut connection, "one").await;
    process(&mut connection, &entry, 1, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    ack orders\nsend orders");
    assert!(spans.named("send orders")[1].error.is_some());
}

/// Failed once, it is among what its consumer has pending.
#[tokio::test]
async fn an_entry_that_failed_is_read_again_below_the_same_send() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    add(&mut connection, Vec::new()).await.unwrap();
    let entry = read(&mut connection, "one").await;
    let failed = process(&mut connection, &entry, 1, async { Err(Failed("no salt")) }).await;
    assert!(failed.is_err());

    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg("kitchen").arg("one").arg("STREAMS").arg("orders").arg("0");
    let mut pending: StreamReadReply = command.query_async(&mut connection).await.unwrap();
    let again = pending.keys.remove(0).ids.remove(0);
    assert_eq!(again.id, entry.id);
    process(&mut connection, &again, 2, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n  process orders\n    ack orders");
    assert_eq!(spans.named("process orders")[0].error.as_deref(), Some("no salt"));
}

/// An entry that nobody can handle is moved to another stream, and its trace says why.
#[tokio::test]
async fn a_poisoned_entry_goes_to_the_dead_letters_in_its_trace() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    add(&mut connection, vec![("shop".to_owned(), b"7".to_vec())]).await.unwrap();
    let entry = read(&mut connection, "one").await;
    let mut own = connection.clone();
    let moved = async {
        let mut fields: Vec<(String, Vec<u8>)> =
            entry.map.keys().map(|name| (name.clone(), entry.get::<Vec<u8>>(name).unwrap())).collect();
        let mut sending = Producer::new(System::Redis).send(&Facts::of("dead"));
        sending.write(&mut traced::Writer(&mut fields));
        let mut command = redis::cmd("XADD");
        command.arg("dead").arg("*").arg(&fields);
        let _: String = sending.run(command.query_async(&mut own)).await.unwrap();
        own.xack::<_, _, _, u64>("orders", "kitchen", &[&entry.id]).await.unwrap();
        Err(Failed("cannot be read"))
    };
    assert!(process(&mut connection, &entry, 1, moved).await.is_err());

    let mut command = redis::cmd("XREAD");
    command.arg("STREAMS").arg("dead").arg("0");
    let mut letters: StreamReadReply = command.query_async(&mut connection).await.unwrap();
    let letter = letters.keys.remove(0).ids.remove(0);
    assert_eq!(letter.get::<String>("shop").unwrap(), "7");
    let consumer = consumer();
    let context = consumer.context(&traced::Reader(&letter.map));
    consumer.process(&Facts::of("dead"), context, async { Ok::<_, Failed>(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    send dead\n      process dead");
    assert_eq!(only(&spans, "process orders").error.as_deref(), Some("cannot be read"));
}

/// The server refuses it, with and without a context; the span says so, and what comes after it goes through.
#[tokio::test]
async fn an_entry_that_is_too_large_is_a_send_that_failed() {
    let Some((server, spans, mut connection)) = start().await else { return };
    // The least that Redis takes as a bound.
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("proto-max-bulk-len").arg("1mb");
    set.query_async::<()>(&mut connection).await.unwrap();
    let large = vec![("table".to_owned(), vec![b'x'; 1_100_000])];
    assert!(add(&mut connection, large).await.is_err());

    // The server has closed the connection.
    let mut connection = connect(&server).await;
    let fits = vec![("table".to_owned(), vec![b'x'; 1_000_000])];
    add(&mut connection, fits).await.unwrap();
    let entry = read(&mut connection, "one").await;
    process(&mut connection, &entry, 1, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\nsend orders\n  process orders\n    ack orders");
    let sends = spans.named("send orders");
    assert!(attribute(&sends[0], "error.type").unwrap().contains("RedisError"));
    assert_eq!(sends[1].error, None);
}
