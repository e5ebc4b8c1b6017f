//! Estimates from what chance keeps are right while triggers fire, and a flood of triggers has bounds.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::{testkit, traced_actor};
use traced_actor_flight::{Flight, TriggerOptions};

static KEPT: Mutex<Vec<FinishedSpan>> = Mutex::new(Vec::new());

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
        if number % 4 == 0 { Err("every fourth") } else { Ok(()) }
    }
}

const ORDERS: u32 = 40_000;
const LIMIT: u32 = 500;

#[test]
fn a_flood_of_errors_is_limited_and_biases_no_estimate() {
    sampling::set_sampler(ParentBased::new(Ratio::new(0.05))).unwrap();
    let mut triggers = TriggerOptions::default();
    triggers.per_second = f64::from(LIMIT) / 10.0;
    let flight = Flight::builder()
        .memory(4 << 20)
        .triggers(triggers)
        .interval(Duration::from_millis(5))
        .keep(|span| KEPT.lock().unwrap().push(span))
        .start()
        .unwrap();
    flight.install().unwrap();
    let since = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        testkit::seed(5);
        for first in (0..ORDERS).step_by(500) {
            let (sender, receiver) = mpsc::channel(500);
            for number in first..first + 500 {
                sender.send(Order::Place { number: number.into() }).await.ok().unwrap();
            }
            drop(sender);
            Shop { receiver }.run().await;
            // The collector has read it.
            flight.flush();
        }
    });
    let took = since.elapsed();
    let kept = KEPT.lock().unwrap();
    let mut ids: Vec<_> = kept.iter().map(|span| span.context.span_id.get()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), kept.len(), "no span comes twice");
    let reason = |span: &FinishedSpan| span.attribute("sampling.reason").map(ToString::to_string).unwrap();
    let (chance, triggered): (Vec<_>, Vec<_>) = kept.iter().partition(|span| reason(span) == "ratio");
    assert!(triggered.iter().all(|span| reason(span) == "triggered" && span.context.is_sampled()));
    assert!(triggered.iter().all(|span| span.attribute("sampling.probability").is_none()));
    assert!(triggered.iter().all(|span| span.error.is_some()));

    // All orders, and those that failed, by the weights of what chance kept: up to four standard deviations.
    let weight = |span: &&FinishedSpan| match span.attribute("sampling.probability") {
        Some(OwnedAttribute::Float(probability)) => 1.0 / probability,
        other => panic!("kept by chance, with {other:?}"),
    };
    for (total, count) in [
        (f64::from(ORDERS), chance.iter().copied().map(|span| weight(&span)).sum::<f64>()),
        (
            f64::from(ORDERS / 4),
            chance.iter().copied().filter(|span| span.error.is_some()).map(|span| weight(&span)).sum(),
        ),
    ] {
        let deviation = (total * 0.95 / 0.05).sqrt();
        assert!((count - total).abs() < 4.0 * deviation, "{count} instead of {total}");
    }

    let counters = flight.counters();
    let fired = counters.fired["error"];
    // A burst, and what came in while it ran.
    let most = u64::from(LIMIT) + u64::from(LIMIT) / 10 * (took.as_secs() + 1);
    assert!((u64::from(LIMIT)..=most).contains(&fired), "{counters:?}");
    assert_eq!(counters.triggered, triggered.len() as u64);
    assert_eq!(counters.by_chance, chance.len() as u64);
    assert_eq!(counters.records, u64::from(ORDERS) * 2);
    // Each failed order was kept by chance already, or is wanted, or was one too many.
    let wanted = fired + counters.limited["error"];
    assert_eq!(wanted, u64::from(ORDERS / 4), "{counters:?}");
    assert!(counters.triggered <= fired && counters.triggered >= fired * 8 / 10, "{counters:?}");
    assert!(counters.memory_bytes <= 4 << 20, "{counters:?}");
    assert_eq!((counters.refused, counters.missed_bytes), (0, 0), "{counters:?}");
    if counters.overwritten_bytes > 0 {
        assert!(flight.horizon().is_some());
    }
}
