//! Work that does not end keeps its trace: `traced-actor-metrics` finds it, and knows nothing of the recorder.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use traced_actor::record::FinishedSpan;
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, Trigger};
use traced_actor_metrics::{Metrics, Watch};

#[traced_actor]
enum Order {
    #[traced(fields(number))]
    Place { number: u64, done: tokio::sync::oneshot::Receiver<()> },
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
}

#[traced_actor]
impl Shop {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle(order).await;
        }
    }

    async fn handle(&mut self, order: Order) {
        let Order::Place { done, .. } = order;
        let _ = done.await;
    }
}

#[tokio::test]
async fn what_is_open_for_too_long_is_kept_when_it_ends() {
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let kept: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
    let keeping = kept.clone();
    let flight = Flight::builder()
        .interval(Duration::from_secs(3600))
        .keep(move |span| keeping.lock().unwrap().push(span))
        .start()
        .unwrap();
    flight.install().unwrap();
    let (metrics, triggers) = (Metrics::builder().install().unwrap(), flight.triggers());
    let mut watch = Watch::new(metrics, Duration::from_millis(1));

    let (orders, receiver) = mpsc::channel(2);
    let shop = tokio::spawn(Shop { receiver }.run());
    let (quick, done) = tokio::sync::oneshot::channel();
    quick.send(()).unwrap();
    orders.send(Order::Place { number: 1, done }).await.ok().unwrap();
    let (stuck, done) = tokio::sync::oneshot::channel();
    orders.send(Order::Place { number: 2, done }).await.ok().unwrap();
    drop(orders);

    let found = loop {
        tokio::task::yield_now().await;
        if let Some(found) = watch.look() {
            break found;
        }
    };
    let [handling] = &found.handlings[..] else { panic!("{found:?}") };
    let trace = handling.trace_id.as_deref().expect("it is recorded").parse().unwrap();
    assert!(triggers.fire(Trigger::OpenWork, trace));
    flight.flush();
    assert_eq!(kept.lock().unwrap().len(), 0, "it has not ended");

    stuck.send(()).unwrap();
    shop.await.unwrap();
    flight.flush();
    let kept = kept.lock().unwrap();
    let [span] = &kept[..] else { panic!("{kept:?}") };
    let text = |name| span.attribute(name).unwrap().to_string();
    assert_eq!((text("number"), text("sampling.trigger")), ("2".into(), "open_work".into()));
}
