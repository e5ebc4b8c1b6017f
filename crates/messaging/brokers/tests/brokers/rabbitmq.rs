//! `RabbitMQ`.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer as Deliveries};
use traced_actor::testkit;
use traced_actor_messaging::{Consumer, System, rabbitmq};
use traced_actor_messaging_brokers_tests::{Server, as_user, free_port, is_root, program};
use traced_actor_propagation::Edge;

use crate::actor::{Kitchen, cook};
use crate::spans::{Failed, PARENT, attribute, names, only, parent, parents};

/// A server, and Erlang's port mapper, which it needs.
struct Rabbit {
    server: Server,
    mapper: Child,
}

impl Drop for Rabbit {
    fn drop(&mut self) {
        self.server.kill();
        let _ = self.mapper.kill();
        let _ = self.mapper.wait();
    }
}

fn server() -> Option<Rabbit> {
    // The program itself, and not the script around it, which changes the user.
    let rabbit = program("rabbitmq-server", &["/usr/lib/rabbitmq/bin"])?;
    let own = std::path::PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
    let rabbit = if own.is_file() { own } else { rabbit };
    let epmd = program("epmd", &["/usr/lib/erlang/bin"])?;
    let (mapper_port, distribution) = (free_port(), free_port());
    let mut mapper = Command::new(epmd);
    mapper.args(["-address", "127.0.0.1", "-port", &mapper_port.to_string()]);
    mapper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mapper = mapper.spawn().expect("the port mapper starts");
    let server = Server::start(move |folder, port| {
        let path = |name: &str| folder.join(name);
        let settings = format!("listeners.tcp.1 = 127.0.0.1:{port}\n");
        std::fs::write(path("rabbitmq.conf"), settings).expect("the folder is there");
        std::fs::write(path("plugins"), "[].\n").expect("the folder is there");
        if is_root() {
            let own =
                Command::new("chown").args(["-R", "rabbitmq"]).arg(folder).status().expect("chown is there");
            assert!(own.success(), "the folder is the server's");
        }
        let mut command = Command::new(&rabbit);
        command
            .current_dir(folder)
            .env("HOME", folder)
            .env("RABBITMQ_MNESIA_BASE", path("data"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", mapper_port.to_string())
            .env("RABBITMQ_NODENAME", format!("t{port}@localhost"))
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1");
        as_user("rabbitmq", command)
    });
    Some(Rabbit { server, mapper })
}

async fn connect(rabbit: &Rabbit) -> (Connection, Channel) {
    let address = format!("amqp://127.0.0.1:{}", rabbit.server.port());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(90);
    loop {
        // It listens before it is ready.
        match Connection::connect(&address, ConnectionProperties::default()).await {
            Ok(connection) => {
                let channel = connection.create_channel().await.unwrap();
                return (connection, channel);
            }
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Declares a queue whose messages go to `dead` where they are refused.
async fn declare(channel: &Channel) {
    let durable = QueueDeclareOptions { durable: true, ..<_>::default() };
    channel.queue_declare("dead".into(), durable, FieldTable::default()).await.unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString("".into()));
    arguments.insert("x-dead-letter-routing-key".into(), AMQPValue::LongString("dead".into()));
    channel.queue_declare("orders".into(), durable, arguments).await.unwrap();
}

async fn consume(channel: &Channel, queue: &str) -> Deliveries {
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    channel.basic_consume(queue.into(), "".into(), options, arguments).await.unwrap()
}

async fn next(deliveries: &mut Deliveries) -> Delivery {
    tokio::time::timeout(Duration::from_secs(20), deliveries.next()).await.unwrap().unwrap().unwrap()
}

async fn publish(channel: &Channel, headers: FieldTable) {
    // Kept by the server when it is started again.
    let properties = BasicProperties::default().with_headers(headers).with_delivery_mode(2);
    let sent =
        rabbitmq::publish(channel, "", "orders", BasicPublishOptions::default(), b"a table", properties);
    sent.await.unwrap().await.unwrap();
}

fn shop() -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert("shop".into(), AMQPValue::LongInt(7));
    headers.insert("TraceParent".into(), AMQPValue::LongString("an old one".into()));
    headers
}

/// Handles a message, and acknowledges it, or refuses it: then the server moves it to the dead letters, or delivers it again.
async fn process(
    queue: &str,
    delivery: &Delivery,
    requeue: bool,
    handler: impl Future<Output = Result<(), Failed>>,
) -> Result<(), Failed> {
    let consumer = Consumer::new(System::RabbitMq, Edge::new("orders"));
    let facts = rabbitmq::facts(queue, delivery);
    let handled = async {
        let result = handler.await;
        let settled = if result.is_ok() {
            consumer.settle("ack", &facts, delivery.ack(BasicAckOptions::default())).await
        } else {
            let options = BasicNackOptions { requeue, ..<_>::default() };
            consumer.settle("nack", &facts, delivery.nack(options)).await
        };
        settled.map_err(|_| Failed("not settled"))?;
        result
    };
    consumer.process(&facts, rabbitmq::context(&consumer, delivery), handled).await
}

/// One server for all, since it takes long to start.
#[tokio::test]
async fn traces_go_through_rabbitmq() {
    let Some(mut rabbit) = server() else { return };
    let (_connection, channel) = connect(&rabbit).await;
    declare(&channel).await;
    one_trace(&channel).await;
    bare(&channel).await;
    delivered_again(&channel).await;
    dead_letter(&channel).await;
    killed(&rabbit, &channel).await;
    large_headers(&channel).await;
    delivery_counts(&channel).await;
    foreign(&channel).await;
    confirmed_and_returned(&rabbit).await;
    server_crash(&mut rabbit).await;
}

async fn one_trace(channel: &Channel) {
    let spans = testkit::record();
    let kitchen = Kitchen::start();
    publish(channel, shop()).await;
    let mut orders = consume(channel, "orders").await;
    let delivery = next(&mut orders).await;
    let headers = delivery.properties.headers().clone().unwrap();
    assert_eq!(headers.inner().get("shop"), Some(&AMQPValue::LongInt(7)));
    assert!(!headers.contains_key("TraceParent"));
    process("orders", &delivery, false, async { cook(&kitchen).await.map_err(|_| Failed("")) })
        .await
        .unwrap();
    spans.ended("Kitchen/Cook", 1).await;
    assert_eq!(names(&spans), "send orders\n  process orders\n    Kitchen/Cook\n    ack orders");
    let processed = only(&spans, "process orders");
    assert_eq!(attribute(&processed, "messaging.system").as_deref(), Some("rabbitmq"));
    assert_eq!(
        attribute(&processed, "messaging.rabbitmq.destination.routing_key").as_deref(),
        Some("orders")
    );
    cancel(channel, &orders).await;
}

async fn cancel(channel: &Channel, deliveries: &Deliveries) {
    channel.basic_cancel(deliveries.tag(), lapin::options::BasicCancelOptions::default()).await.unwrap();
}

async fn bare(channel: &Channel) {
    let spans = testkit::record();
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    channel
        .basic_publish("".into(), "orders".into(), options, b"bare", properties)
        .await
        .unwrap()
        .await
        .unwrap();
    let mut orders = consume(channel, "orders").await;
    process("orders", &next(&mut orders).await, false, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "process orders\n  ack orders");
    cancel(channel, &orders).await;
}

async fn delivered_again(channel: &Channel) {
    let spans = testkit::record();
    publish(channel, FieldTable::default()).await;
    let mut orders = consume(channel, "orders").await;
    let failed = process("orders", &next(&mut orders).await, true, async { Err(Failed("no salt")) }).await;
    assert!(failed.is_err());
    let again = next(&mut orders).await;
    assert!(again.redelivered);
    process("orders", &again, false, async { Ok(()) }).await.unwrap();
    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    nack orders\n  process orders\n    ack orders"
    );
    cancel(channel, &orders).await;
}

/// The server moves it, with its headers: the handling of the dead letter is in the same trace.
async fn dead_letter(channel: &Channel) {
    let spans = testkit::record();
    publish(channel, shop()).await;
    let mut orders = consume(channel, "orders").await;
    let failed =
        process("orders", &next(&mut orders).await, false, async { Err(Failed("cannot be read")) }).await;
    assert!(failed.is_err());
    let mut dead = consume(channel, "dead").await;
    let letter = next(&mut dead).await;
    let headers = letter.properties.headers().clone().unwrap();
    assert!(headers.contains_key("x-death") && headers.contains_key("shop"));
    process("dead", &letter, false, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    nack orders\n  process dead\n    ack dead");
    assert_eq!(only(&spans, "process orders").error.as_deref(), Some("cannot be read"));
    cancel(channel, &orders).await;
    cancel(channel, &dead).await;
}

/// The consumer's connection is gone between receiving and settling.
async fn killed(rabbit: &Rabbit, channel: &Channel) {
    let spans = testkit::record();
    publish(channel, FieldTable::default()).await;
    let (connection, own) = connect(rabbit).await;
    let mut orders = consume(&own, "orders").await;
    let delivery = next(&mut orders).await;
    let handling = process("orders", &delivery, false, std::future::pending());
    assert!(tokio::time::timeout(Duration::from_millis(10), handling).await.is_err());
    connection.close(200, "killed".into()).await.unwrap();

    let mut orders = consume(channel, "orders").await;
    process("orders", &next(&mut orders).await, false, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n  process orders\n    ack orders");
    assert_eq!(spans.named("process orders")[0].error.as_deref(), Some("cancelled"));
    cancel(channel, &orders).await;
}

async fn server_crash(rabbit: &mut Rabbit) {
    let spans = testkit::record();
    let (_connection, channel) = connect(rabbit).await;
    channel.confirm_select(lapin::options::ConfirmSelectOptions::default()).await.unwrap();
    publish(&channel, FieldTable::default()).await;
    rabbit.server.kill();
    rabbit.server.resume();
    let (_connection, channel) = connect(rabbit).await;
    let mut orders = consume(&channel, "orders").await;
    process("orders", &next(&mut orders).await, false, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    ack orders");
}

/// A header that is larger than a frame would close the connection.
async fn large_headers(channel: &Channel) {
    let spans = testkit::record();
    let mut orders = consume(channel, "orders").await;
    for (length, has_context) in [(120_000, true), (130_900, false)] {
        let mut headers = FieldTable::default();
        headers.insert("long".into(), AMQPValue::LongString("x".repeat(length).into()));
        publish(channel, headers).await;
        let delivery = next(&mut orders).await;
        let headers = delivery.properties.headers().clone().unwrap();
        assert_eq!(headers.contains_key("traceparent"), has_context, "{length}");
        process("orders", &delivery, false, async { Ok(()) }).await.unwrap();
    }
    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    ack orders\nsend orders\nprocess orders\n  ack orders"
    );
    cancel(channel, &orders).await;
}

/// A quorum queue counts what it has delivered in vain; others say only that they have.
async fn delivery_counts(channel: &Channel) {
    let durable = QueueDeclareOptions { durable: true, ..<_>::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    channel.queue_declare("quorum".into(), durable, arguments).await.unwrap();
    for (queue, counts) in [("quorum", [None, Some("2"), Some("3")]), ("orders", [None; 3])] {
        let spans = testkit::record();
        let properties = BasicProperties::default();
        let sent =
            rabbitmq::publish(channel, "", queue, BasicPublishOptions::default(), b"a table", properties);
        sent.await.unwrap().await.unwrap();
        let mut deliveries = consume(channel, queue).await;
        for fails in [true, true, false] {
            let result = if fails { Err(Failed("no salt")) } else { Ok(()) };
            let _ = process(queue, &next(&mut deliveries).await, true, async { result }).await;
        }
        let processed = spans.named(if queue == "quorum" { "process quorum" } else { "process orders" });
        let of = |name: &str| processed.iter().map(|span| attribute(span, name)).collect::<Vec<_>>();
        assert_eq!(
            of("messaging.message.delivery_count"),
            counts.map(|count| count.map(str::to_owned)),
            "{queue}"
        );
        let redelivered = [None, Some("true".to_owned()), Some("true".to_owned())];
        assert_eq!(of("messaging.message.redelivered"), redelivered, "{queue}");
        cancel(channel, &deliveries).await;
    }
}

/// Values of every kind, names in any case, and two that differ in nothing else.
async fn foreign(channel: &Channel) {
    let theirs = || AMQPValue::LongString(PARENT.into());
    let table = |fields: &[(&str, AMQPValue)]| {
        let mut table = FieldTable::default();
        for (name, value) in fields {
            table.insert((*name).into(), value.clone());
        }
        table
    };
    let nested = table(&[("deep", AMQPValue::Boolean(true))]);
    let kept = [
        ("list", AMQPValue::FieldArray(vec![AMQPValue::LongInt(1), AMQPValue::Void].into())),
        ("nested", AMQPValue::FieldTable(nested)),
        ("time", AMQPValue::Timestamp(7)),
        ("bytes", AMQPValue::ByteArray(vec![0, 255].into())),
    ];
    let spans = testkit::record();
    publish(channel, table(&kept)).await;
    let mut orders = consume(channel, "orders").await;
    let delivery = next(&mut orders).await;
    let headers = delivery.properties.headers().clone().unwrap();
    for (name, value) in &kept {
        assert_eq!(headers.inner().get(*name), Some(value), "{name}");
    }
    process("orders", &delivery, false, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    ack orders");

    let spans = testkit::record();
    let bare = [
        table(&[("TRACEPARENT", theirs())]),
        table(&[("traceparent", AMQPValue::LongInt(7))]),
        table(&[("traceparent", theirs()), ("TraceParent", theirs())]),
        table(&[("traceparent", AMQPValue::LongString(vec![255_u8, 254].into()))]),
    ];
    for headers in bare {
        let properties = BasicProperties::default().with_headers(headers);
        let options = BasicPublishOptions::default();
        channel.basic_publish("".into(), "orders".into(), options, b"x", properties).await.unwrap();
        process("orders", &next(&mut orders).await, false, async { Ok(()) }).await.unwrap();
    }
    assert_eq!(parents(&spans, "process orders"), [Some(parent()), None, None, None]);
    cancel(channel, &orders).await;
}

/// With confirmations: one that is stored, and one that no queue takes, which comes back with its headers.
async fn confirmed_and_returned(rabbit: &Rabbit) {
    let spans = testkit::record();
    let (_connection, channel) = connect(rabbit).await;
    channel.confirm_select(lapin::options::ConfirmSelectOptions::default()).await.unwrap();
    let mandatory = BasicPublishOptions { mandatory: true, ..<_>::default() };
    for (queue, is_returned) in [("orders", false), ("nowhere", true)] {
        let properties = BasicProperties::default().with_headers(shop());
        let confirmed = rabbitmq::publish_confirmed(&channel, "", queue, mandatory, b"a table", properties);
        let confirmed = confirmed.await.unwrap();
        assert!(confirmed.is_ack(), "{confirmed:?}");
        let returned = confirmed.take_message();
        assert_eq!(returned.is_some(), is_returned, "{queue}");
        let sent = only(&spans, if is_returned { "send nowhere" } else { "send orders" });
        assert_eq!(sent.error.as_deref(), is_returned.then_some("returned: 312 NO_ROUTE"));
        if let Some(returned) = returned {
            let headers = returned.delivery.properties.headers().clone().unwrap();
            assert_eq!(headers.inner().get("shop"), Some(&AMQPValue::LongInt(7)));
            let Some(AMQPValue::LongString(parent)) = headers.inner().get("traceparent") else {
                panic!("{headers:?}")
            };
            assert!(parent.to_string().contains(&sent.context.span_id.to_string()));
        }
    }
    let mut orders = consume(&channel, "orders").await;
    process("orders", &next(&mut orders).await, false, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\n    ack orders\nsend nowhere");
}
