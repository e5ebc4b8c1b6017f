//! Observers do not see operations on broker messages as sends of actors.

use std::collections::HashMap;
use std::sync::Mutex;

use traced_actor::observe::{self, HandlingId, Mailbox, MessageType, Observer, Received, Unsent};
use traced_actor::record::Failure;
use traced_actor::{Envelope, testkit, traced_actor};
use traced_actor_messaging::{Consumer, Facts, Producer, System};
use traced_actor_propagation::Edge;

static SENT: Mutex<Vec<&str>> = Mutex::new(Vec::new());

struct Sends;

impl Observer for Sends {
    fn sent(&self, message: MessageType, _: Option<&Mailbox>, _: Option<HandlingId>) -> u64 {
        SENT.lock().unwrap().push(message.kind.name());
        0
    }

    fn now(&self) -> u64 {
        0
    }

    fn send_waited(&self, _: MessageType, _: Option<&Mailbox>, _: u64) {}

    fn send_failed(&self, _: MessageType, _: Option<&Mailbox>, _: Unsent) {}

    fn received(&self, _: &Received<'_>) -> Option<HandlingId> {
        None
    }

    fn ended(&self, _: HandlingId, _: Option<&Failure<'_>>) {}

    fn held(&self, _: HandlingId) {}
}

#[traced_actor]
struct Order;

#[tokio::test]
async fn only_messages_of_actors_are_sends() {
    observe::observe(Sends).unwrap();
    let _spans = testkit::record();
    let facts = Facts::of("orders");
    let (mut headers, mut others) = (HashMap::<String, String>::new(), HashMap::<String, String>::new());
    let producer = Producer::new(System::Nats);
    let mut sending = producer.send(&facts);
    sending.write(&mut headers);
    sending.run(async { Ok::<_, String>(()) }).await.unwrap();
    producer.inject(&mut others);
    let created = producer.create(&facts, &mut others);
    producer.send_batch(&facts, vec![created]).run(async { Ok::<_, String>(()) }).await.unwrap();
    let consumer = Consumer::new(System::Nats, Edge::new("orders"));
    let settled = async { consumer.settle("ack", &facts, async { Ok::<_, String>(()) }).await };
    consumer.process(&facts, consumer.context(&headers), settled).await.unwrap();
    assert_eq!(*SENT.lock().unwrap(), Vec::<&str>::new());

    let _ = Envelope::capture(Order);
    assert_eq!(*SENT.lock().unwrap(), ["Order"]);
}
