//! Tests far more load than the memory is for, with a trigger on every message: memory and export are limited, and
//! counters are exact.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, TriggerOptions};

/// One kind of message for each kind of trigger, so that it is known which fires.
#[traced_actor]
enum Order {
    #[traced(fields(number))]
    Fail { number: u64 },
    #[traced(fields(number))]
    Keep { number: u64 },
    #[traced(fields(number))]
    Slow { number: u64 },
    #[traced(fields(number))]
    Panic { number: u64 },
}

struct Shop;

#[traced_actor]
impl Shop {
    #[expect(clippy::unused_async, reason = "as handlers are")]
    async fn handle(&mut self, order: Order) -> Result<(), u64> {
        match order {
            Order::Fail { number } => Err(number),
            Order::Keep { .. } => {
                traced_actor_flight::keep();
                Ok(())
            }
            Order::Slow { .. } => Ok(()),
            // Without the message of the panic hook.
            Order::Panic { number } => std::panic::resume_unwind(Box::new(number)),
        }
    }
}

const THREADS: u64 = 4;
/// For each thread: orders of each kind, but for panics, which take long.
const ORDERS: u64 = 10_000;
const PANICS: u64 = 500;
const MEMORY: u64 = 512 << 10;

fn handle(order: Order) {
    let mut shop = Shop;
    let mut handling = pin!(shop.handle(order));
    let poll = || handling.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(poll));
    assert!(done.is_err() || done.is_ok_and(|is_ready| is_ready));
}

#[test]
fn memory_and_export_are_bounded_and_counters_are_exact() {
    static KEPT: AtomicU64 = AtomicU64::new(0);
    set_sampler(ParentBased::new(Ratio::new(0.01))).unwrap();
    let mut triggers = TriggerOptions::default();
    triggers.slow_operations = [("Shop/Slow".to_owned(), Duration::ZERO)].into();
    let flight = Flight::builder()
        .memory(MEMORY)
        .triggers(triggers)
        .interval(Duration::from_millis(1))
        .keep(|_| {
            KEPT.fetch_add(1, Relaxed);
        })
        .start()
        .unwrap();
    flight.install().unwrap();

    let since = Instant::now();
    // The collector takes one for sure, however busy the machine is.
    handle(Order::Fail { number: 0 });
    flight.flush();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..ORDERS {
                    handle(Order::Fail { number });
                    handle(Order::Keep { number });
                    handle(Order::Slow { number });
                    if number < PANICS {
                        handle(Order::Panic { number });
                    }
                    assert!(flight.counters().memory_bytes <= MEMORY);
                }
            });
        }
    });
    flight.flush();
    let took = since.elapsed();
    let counters = flight.counters();

    // Start and end of each, and the mark of those that are to be kept.
    assert_eq!(counters.records, 2 + THREADS * ((3 * ORDERS + PANICS) * 2 + ORDERS));
    assert_eq!((counters.refused, counters.cut, counters.given_up, counters.too_many), (0, 0, 0, 0));
    assert!(counters.overwritten_bytes > 10 * MEMORY, "{counters:?}");
    assert!(counters.memory_bytes <= MEMORY, "{counters:?}");

    let by_trigger = [
        ("error", 1 + ORDERS * THREADS),
        ("keep", ORDERS * THREADS),
        ("panic", PANICS * THREADS),
        ("slow", ORDERS * THREADS),
    ];
    let count = |counts: &BTreeMap<&'static str, u64>, name| counts.get(name).copied().unwrap_or(0);
    let mut fired = 0;
    for (name, asked) in by_trigger {
        assert_eq!(
            count(&counters.fired, name) + count(&counters.limited, name),
            asked,
            "{name}: {counters:?}"
        );
        // A hundred at once, and ten a second; each is one trace, and fair among kinds.
        let most = 100 + 10 * (took.as_secs() + 1);
        assert!((1..=most).contains(&count(&counters.fired, name)), "{name}: {counters:?}");
        fired += count(&counters.fired, name);
    }
    assert!(counters.triggered <= fired, "each trace has one span: {counters:?}");
    assert!(counters.triggered > 0, "{counters:?}");
    // The sampler limits the traces that are kept by chance.
    let kept_by_chance: u64 = traced_actor::counters().kept.values().sum();
    assert!(counters.by_chance <= kept_by_chance, "{counters:?}");
    if counters.missed_bytes == 0 {
        assert_eq!(counters.by_chance, kept_by_chance);
    }
    assert_eq!(KEPT.load(Relaxed), counters.by_chance + counters.triggered);
}
