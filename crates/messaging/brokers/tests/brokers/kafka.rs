//! Kafka: librdkafka's mock cluster in this process, and a broker that speaks the protocol as a separate process.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{FutureProducer, FutureRecord};
use traced_actor::testkit;
use traced_actor_messaging::{Consumer, Facts, Producer, System, kafka};
use traced_actor_propagation::Edge;

use crate::actor::{Kitchen, cook};
use crate::spans::{Failed, attribute, is_child, is_linked, names, only};

pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) fn mock() -> (MockCluster<'static, rdkafka::producer::DefaultProducerContext>, String) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 1, 1).unwrap();
    cluster.create_topic("dead", 1, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    (cluster, servers)
}

pub(crate) fn producer(servers: &str) -> FutureProducer {
    ClientConfig::new().set("bootstrap.servers", servers).set("message.max.bytes", "2000").create().unwrap()
}

pub(crate) fn records(servers: &str, topic: &str) -> StreamConsumer {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        // Of each topic its own: a group whose topics change waits for all its members.
        .set("group.id", format!("kitchen of {topic}"))
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "500")
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

pub(crate) async fn next(records: &StreamConsumer) -> BorrowedMessage<'_> {
    tokio::time::timeout(LONG, records.recv()).await.expect("in time").expect("a record")
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new(System::Kafka, Edge::new("orders"))
}

/// Handles a record, and commits it if that succeeds.
pub(crate) async fn process(
    records: &StreamConsumer,
    record: &BorrowedMessage<'_>,
    handler: impl Future<Output = Result<(), Failed>>,
) -> Result<(), Failed> {
    let consumer = consumer();
    let mut facts = kafka::facts(record);
    facts.group = Some("kitchen");
    let handled = async {
        handler.await?;
        let commit = async { records.commit_message(record, CommitMode::Sync) };
        consumer.settle("commit", &facts, commit).await.map_err(|_| Failed("not committed"))
    };
    consumer.process(&facts, kafka::context(&consumer, record), handled).await
}

async fn send(producer: &FutureProducer, headers: Option<OwnedHeaders>, payload: &str) {
    let record = FutureRecord { headers, ..FutureRecord::<(), str>::to("orders").payload(payload) };
    kafka::send(producer, record, LONG).await.unwrap();
}

pub(crate) fn value(record: &impl Message, name: &str) -> Option<String> {
    let headers = record.headers()?;
    let found = headers.iter().find(|header| header.key == name)?;
    found.value.map(|value| String::from_utf8_lossy(value).into_owned())
}

async fn a_record_is_one_trace(servers: &str) {
    let spans = testkit::record();
    let kitchen = Kitchen::start();
    let own = OwnedHeaders::new()
        .insert(Header { key: "shop", value: Some("7") })
        .insert(Header { key: "TraceParent", value: Some("an old one") });
    send(&producer(servers), Some(own), "a table").await;
    let records = records(servers, "orders");
    let record = next(&records).await;
    assert_eq!(value(&record, "shop").as_deref(), Some("7"));
    assert_eq!(value(&record, "TraceParent"), None);
    process(&records, &record, async { cook(&kitchen).await.map_err(|_| Failed("")) }).await.unwrap();
    spans.ended("Kitchen/Cook", 1).await;

    assert_eq!(names(&spans), "send orders\n  process orders\n    Kitchen/Cook\n    commit orders");
    let processed = only(&spans, "process orders");
    for (name, value) in [
        ("messaging.system", "kafka"),
        ("messaging.destination.partition.id", "0"),
        ("messaging.kafka.offset", "0"),
        ("messaging.consumer.group.name", "kitchen"),
        ("messaging.message.body.size", "7"),
    ] {
        assert_eq!(attribute(&processed, name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_record_is_one_trace_from_the_sender_to_the_actor() {
    let (_cluster, servers) = mock();
    a_record_is_one_trace(&servers).await;
}

/// A broker outside this process.
#[tokio::test]
async fn a_record_goes_through_a_real_broker() {
    let Some(server) = traced_actor_messaging_brokers_tests::kafka() else { return };
    let servers = format!("127.0.0.1:{}", server.port());
    create_topic(&servers, "orders").await;
    a_record_is_one_trace(&servers).await;
}

async fn create_topic(servers: &str, name: &str) {
    use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
    admin.create_topics([&topic], &AdminOptions::new()).await.unwrap();
}

#[tokio::test]
async fn a_bare_record_is_taken_and_a_context_makes_no_record_too_large() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let producer = producer(&servers);
    let bare = FutureRecord::<(), str>::to("orders").payload("bare");
    producer.send(bare, LONG).await.unwrap();
    // With the context it would be refused.
    send(&producer, None, &"x".repeat(1900)).await;

    let records = records(&servers, "orders");
    for _ in 0..2 {
        let record = next(&records).await;
        assert_eq!(value(&record, "traceparent"), None);
        process(&records, &record, async { Ok(()) }).await.unwrap();
    }
    assert_eq!(spans.named("process orders").iter().filter(|span| span.parent.is_none()).count(), 2);
    assert_eq!(only(&spans, "send orders").error, None);
}

/// The consumer ends between receiving and committing; the next one gets the record again.
#[tokio::test]
async fn a_record_that_was_not_committed_is_delivered_again_in_its_trace() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    send(&producer(&servers), None, "a table").await;
    {
        let records = records(&servers, "orders");
        let record = next(&records).await;
        let handling = process(&records, &record, std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(10), handling).await.is_err());
    }
    let records = records(&servers, "orders");
    process(&records, &next(&records).await, async { Ok(()) }).await.unwrap();

    assert_eq!(names(&spans), "send orders\n  process orders\n  process orders\n    commit orders");
    assert_eq!(spans.named("process orders")[0].error.as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn a_poisoned_record_goes_to_the_dead_letters_with_its_headers() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let producer = producer(&servers);
    send(&producer, Some(OwnedHeaders::new().insert(Header { key: "shop", value: Some("7") })), "poison")
        .await;
    let records = records(&servers, "orders");
    let record = next(&records).await;
    let moved = async {
        let headers = record.headers().map(BorrowedHeaders::detach);
        let letter =
            FutureRecord { headers, ..FutureRecord::<(), _>::to("dead").payload(record.payload().unwrap()) };
        kafka::send(&producer, letter, LONG).await.unwrap();
        records.commit_message(&record, CommitMode::Sync).unwrap();
        Err(Failed("cannot be read"))
    };
    assert!(process(&records, &record, moved).await.is_err());

    let letters = self::records(&servers, "dead");
    let letter = next(&letters).await;
    assert_eq!(value(&letter, "shop").as_deref(), Some("7"));
    process(&letters, &letter, async { Ok(()) }).await.unwrap();
    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    send dead\n      process dead\n        commit dead"
    );
    assert_eq!(only(&spans, "process orders").error.as_deref(), Some("cannot be read"));
}

#[tokio::test]
async fn a_batch_of_records_is_linked_to_each() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let (producer, facts) = (Producer::new(System::Kafka), Facts::of("orders"));
    let client = self::producer(&servers);
    let mut created = Vec::new();
    let mut batch = Vec::new();
    for _ in 0..3 {
        let mut headers = OwnedHeaders::new();
        created.push(producer.create(&facts, &mut kafka::Writer(&mut headers)));
        batch.push(headers);
    }
    let sent = async {
        for headers in batch {
            let record =
                FutureRecord { headers: Some(headers), ..FutureRecord::<(), str>::to("orders").payload("x") };
            client.send(record, LONG).await.map_err(|(error, _)| error)?;
        }
        Ok::<_, rdkafka::error::KafkaError>(())
    };
    producer.send_batch(&facts, created).run(sent).await.unwrap();

    let records = records(&servers, "orders");
    let consumer = consumer();
    let mut contexts = Vec::new();
    for _ in 0..3 {
        contexts.push(kafka::context(&consumer, &next(&records).await));
    }
    consumer.receive("poll", &facts, &contexts);
    consumer.open_batch(&facts, contexts).end_ok();
    let creations = spans.named("create orders");
    for name in ["send orders", "poll orders", "process orders"] {
        let span = only(&spans, name);
        assert!(creations.len() == 3 && creations.iter().all(|created| is_linked(&span, created)), "{name}");
    }
}

// ----- a broker that is away -----

/// The broker goes down in the middle and comes back with what it has stored.
#[tokio::test]
async fn records_outlive_a_broker_that_is_down_in_the_middle() {
    let (cluster, servers) = mock();
    let spans = testkit::record();
    let producer = producer(&servers);
    send(&producer, None, "before").await;
    let records = records(&servers, "orders");
    process(&records, &next(&records).await, async { Ok(()) }).await.unwrap();

    cluster.broker_down(1).unwrap();
    let meanwhile = send(&producer, None, "meanwhile");
    let mut meanwhile = std::pin::pin!(meanwhile);
    // The client holds it back, and the span says how long.
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut meanwhile).await.is_err());
    cluster.broker_up(1).unwrap();
    meanwhile.await;
    // The consumer also reports that all brokers were down, and then continues.
    let back = async {
        loop {
            if let Ok(record) = records.recv().await {
                break record;
            }
        }
    };
    let record = tokio::time::timeout(LONG, back).await.expect("in time");
    process(&records, &record, async { Ok(()) }).await.unwrap();

    let trace = "send orders\n  process orders\n    commit orders";
    assert_eq!(names(&spans), format!("{trace}\n{trace}"));
    assert!(spans.all().iter().all(|span| span.error.is_none()), "{}", spans.tree());
    let long = &spans.named("send orders")[1];
    assert!(long.end.unix_nanos() - long.start.unix_nanos() >= 1_000_000_000);
}

/// A broker of its own is killed and started again. It holds its topics in memory: what was not sent yet is not lost.
#[tokio::test]
async fn a_record_waits_for_a_broker_that_is_restarted() {
    let Some(mut server) = traced_actor_messaging_brokers_tests::kafka() else { return };
    let spans = testkit::record();
    let servers = format!("127.0.0.1:{}", server.port());
    create_topic(&servers, "orders").await;
    let producer = producer(&servers);
    send(&producer, None, "before").await;

    server.kill();
    let meanwhile = send(&producer, None, "meanwhile");
    let mut meanwhile = std::pin::pin!(meanwhile);
    assert!(tokio::time::timeout(Duration::from_millis(500), &mut meanwhile).await.is_err());
    server.resume();
    create_topic(&servers, "orders").await;
    meanwhile.await;
    let records = records(&servers, "orders");
    let record = next(&records).await;
    assert_eq!(record.payload(), Some(b"meanwhile".as_slice()));
    process(&records, &record, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\nsend orders\n  process orders\n    commit orders");
    assert!(spans.all().iter().all(|span| span.error.is_none()), "{}", spans.tree());
}

#[tokio::test]
async fn a_record_that_no_broker_takes_in_time_is_a_send_that_failed() {
    let (cluster, servers) = mock();
    let spans = testkit::record();
    cluster.broker_down(1).unwrap();
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &servers)
        .set("message.timeout.ms", "300")
        .create()
        .unwrap();
    let record = FutureRecord::<(), str>::to("orders").payload("too late");
    assert!(kafka::send(&producer, record, LONG).await.is_err());
    let sent = only(&spans, "send orders");
    assert!(attribute(&sent, "error.type").unwrap().contains("KafkaError"));
    assert!(sent.error.unwrap().contains("timed out"));
}

/// The handler's database is away: the record is not committed, and a later try has it.
#[tokio::test]
async fn a_record_whose_database_is_away_is_handled_once_it_is_back() {
    let Some(mut database) = traced_actor_messaging_brokers_tests::postgres() else { return };
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let address = format!("host=127.0.0.1 port={} user=test dbname=postgres", database.port());
    let store = || async {
        let connected = tokio_postgres::connect(&address, tokio_postgres::NoTls).await;
        let (client, connection) = connected.map_err(|_| Failed("the database is away"))?;
        tokio::spawn(connection);
        let stored = client.batch_execute("CREATE TABLE orders ()").await;
        stored.map_err(|_| Failed("not stored"))
    };
    send(&producer(&servers), None, "a table").await;
    let records = records(&servers, "orders");
    let record = next(&records).await;
    database.kill();
    assert!(process(&records, &record, store()).await.is_err());
    database.resume();
    let mut tries = 1;
    // It listens before it is ready.
    while process(&records, &record, store()).await.is_err() {
        tries += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let processed = spans.named("process orders");
    assert_eq!(processed.len(), tries + 1, "{}", spans.tree());
    assert_eq!(processed[0].error.as_deref(), Some("the database is away"));
    assert_eq!(processed[tries].error, None);
    let sent = only(&spans, "send orders");
    assert!(processed.iter().all(|span| is_child(span, &sent)));
    only(&spans, "commit orders");
}

/// A second consumer joins the group while the first has uncommitted records of both partitions.
#[tokio::test]
async fn a_group_that_rebalances_delivers_a_record_twice_in_its_trace() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 2, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let spans = testkit::record();
    let producer = producer(&servers);
    for partition in 0..2 {
        let record = FutureRecord::<(), str>::to("orders").partition(partition).payload("a table");
        kafka::send(&producer, record, LONG).await.unwrap();
    }
    let first = records(&servers, "orders");
    for _ in 0..2 {
        let record = next(&first).await;
        let handling = process(&first, &record, std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(10), handling).await.is_err());
    }
    let second = records(&servers, "orders");
    // Either gets a partition, and with it the record that nobody has committed.
    let all = async {
        let either = async |own: &StreamConsumer| {
            let record = next(own).await;
            let partition = record.partition();
            process(own, &record, async { Ok(()) }).await.unwrap();
            partition
        };
        tokio::join!(either(&first), either(&second))
    };
    let (one, other) = all.await;
    assert_ne!(one, other);
    let sends = spans.named("send orders");
    let processed = spans.named("process orders");
    assert_eq!((sends.len(), processed.len()), (2, 4), "{}", spans.tree());
    for sent in &sends {
        let errors: Vec<_> =
            processed.iter().filter(|span| is_child(span, sent)).map(|span| span.error.as_deref()).collect();
        assert_eq!(errors, [Some("cancelled"), None], "{}", spans.tree());
    }
}
