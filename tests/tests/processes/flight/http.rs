//! A collector gets what went wrong, over HTTP, and what does not reach it is counted.

use std::time::Duration;

use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, OtlpHttp, OtlpResource, OtlpSender};
use traced_actor_tests::isolated::isolated;

use crate::otlp::collector::{Collector, Protocol};

#[traced_actor]
enum Order {
    #[traced(fields(number))]
    Place { number: u64 },
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
}

#[traced_actor]
impl Shop {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            let _ = self.handle(order).await;
        }
    }

    #[expect(clippy::unused_async, reason = "as handlers are")]
    async fn handle(&mut self, Order::Place { number }: Order) -> Result<(), &'static str> {
        if number == 77 { Err("out of stock") } else { Ok(()) }
    }
}

/// Handles a hundred orders, one of which fails. Nothing is sampled.
async fn fail_once(sender: &OtlpSender) {
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let sending = sender.clone();
    let flight =
        Flight::builder().otlp(&OtlpResource::new("shop"), move |batch| sending.send(batch)).start().unwrap();
    flight.install().unwrap();
    let (orders, receiver) = mpsc::channel(100);
    for number in 0..100 {
        orders.send(Order::Place { number }).await.ok().unwrap();
    }
    drop(orders);
    Shop { receiver }.run().await;
    flight.flush();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn a_collector_gets_what_went_wrong_and_nothing_else() {
    isolated("a_collector_gets_what_went_wrong_and_nothing_else", &[], || {
        runtime().block_on(async {
            let collector = Collector::start(Protocol::Http).await;
            let endpoint = format!("{}/v1/traces", collector.endpoint());
            let sender = OtlpHttp::new(endpoint).start().unwrap();
            fail_once(&sender).await;
            assert!(sender.flush(Duration::from_secs(20)));
            let counts = sender.counts();
            assert_eq!((counts.sent, counts.failed, counts.dropped), (1, 0, 0));
            let received = collector.take();
            let [request] = &received.requests[..] else { panic!("{received:?}") };
            let [of_resource] = &request.resource_spans[..] else { panic!("{request:?}") };
            let span = &of_resource.scope_spans[0].spans[0];
            assert_eq!(
                (&*span.name, &*span.status.as_ref().unwrap().message),
                ("Shop/Place", "out of stock")
            );
        });
    });
}

#[test]
fn spans_that_a_server_refuses_are_counted() {
    isolated("spans_that_a_server_refuses_are_counted", &[], || {
        runtime().block_on(async {
            let collector = Collector::start(Protocol::Http).await;
            // Not the path of traces: the answer is 404, and no other attempt is made.
            let sender = OtlpHttp::new(format!("{}/nowhere", collector.endpoint())).start().unwrap();
            fail_once(&sender).await;
            assert!(sender.flush(Duration::from_secs(20)));
            let counts = sender.counts();
            assert_eq!((counts.sent, counts.failed, counts.dropped), (0, 1, 0));
        });
    });
}

#[test]
fn a_queue_without_room_drops_and_counts() {
    isolated("a_queue_without_room_drops_and_counts", &[], || {
        runtime().block_on(async {
            let sender = OtlpHttp::new("http://127.0.0.1:1/v1/traces").queue_bytes(10).start().unwrap();
            fail_once(&sender).await;
            assert!(sender.flush(Duration::from_secs(20)), "nothing is there to be sent");
            assert_eq!(sender.counts().dropped, 1);
        });
    });
}
