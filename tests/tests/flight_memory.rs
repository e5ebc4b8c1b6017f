//! A flight recorder allocates nothing once it is warm: a message costs as many allocations as with a recorder that does nothing.
//!
//! The program has an allocator that counts, and one recorder, which is switched.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use traced_actor::context::{Timestamp, TraceContext, TraceFlags, new_span_id};
use traced_actor::record::{self, OpenSpan, Recorder, Span, SpanEnd, SpanStart};
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, TriggerOptions};
use traced_actor_tests::counting::{Count, Counting};

struct Here;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

impl Count for Here {
    fn count(allocated: Option<usize>, _: Option<usize>) {
        if allocated.is_some() {
            ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        }
    }
}

#[global_allocator]
static ALLOCATOR: Counting<Here> = Counting::new();

/// The recorder that is on.
static IS_FLIGHT: AtomicBool = AtomicBool::new(false);

struct Either<R>(R);

impl<R: Recorder> Recorder for Either<R> {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        if IS_FLIGHT.load(Relaxed) {
            return self.0.start(new);
        }
        let trace = new.parent.map_or(new.trace_id, |parent| parent.context.trace_id);
        Some(OpenSpan::shared(TraceContext::new(trace, new_span_id(), TraceFlags::NONE), &Unseen))
    }

    fn now(&self) -> Option<Timestamp> {
        self.0.now()
    }

    fn records_all(&self) -> bool {
        true
    }
}

struct Unseen;

impl Span for Unseen {
    fn finish(&self, _: TraceContext, _: &SpanEnd<'_>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[traced_actor]
enum Order {
    #[traced(fields(channel, ratio, urgent, name))]
    Place {
        channel: u64,
        ratio: f64,
        urgent: bool,
        name: &'static str,
    },
    Plain,
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
    /// The mailbox for plain orders.
    next: mpsc::Sender<Order>,
}

#[traced_actor]
impl Shop {
    async fn run(&mut self) {
        while let Some(order) = self.receiver.recv().await {
            let _ = self.handle(order).await;
        }
    }

    #[expect(clippy::unused_async, reason = "as handlers are")]
    async fn handle(&mut self, order: Order) -> Result<(), Fine> {
        let span = traced_actor::current_span();
        match order {
            Order::Place { channel, .. } => {
                span.set_attribute("seen", channel);
                span.set_attribute("in", "here");
                span.add_event("looked at");
                let _ = self.next.try_send(Order::Plain);
            }
            Order::Plain => {}
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Fine;

/// Polls a future that is never kept waiting for long.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

const ORDERS: u64 = 1000;

/// Returns how many allocations `ORDERS` orders cost, each of which sends another one.
fn allocations(is_flight: bool) -> u64 {
    IS_FLIGHT.store(is_flight, Relaxed);
    let (sender, receiver) = mpsc::channel(usize::try_from(ORDERS).unwrap());
    let (next, rest) = mpsc::channel(usize::try_from(ORDERS).unwrap());
    let mut shop = Shop { receiver, next };
    let (last, none) = mpsc::channel(1);
    let mut second = Shop { receiver: rest, next: last };
    drop(none);
    let before = ALLOCATIONS.get();
    for channel in 0..ORDERS {
        let place = Order::Place { channel, ratio: 0.5, urgent: true, name: "static" };
        assert!(sender.try_send(place).is_ok());
    }
    assert!(now(shop.run()).is_none(), "nothing else comes");
    assert!(now(second.run()).is_none(), "nothing else comes");
    ALLOCATIONS.get() - before
}

#[test]
fn a_warm_recorder_allocates_nothing() {
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let mut triggers = TriggerOptions::default();
    // Triggers that look at every message.
    triggers.slow = Some(Duration::from_secs(3600));
    triggers.wait = Some(Duration::from_secs(3600));
    triggers.slow_percentile = Some(1.0);
    triggers.failure_rate = Some(0.5);
    let flight = Flight::builder()
        .memory(1 << 20)
        .triggers(triggers)
        .interval(Duration::from_secs(3600))
        .start()
        .unwrap();
    record::install(Either(flight.recorder())).unwrap();

    for is_flight in [false, true] {
        allocations(is_flight);
    }
    flight.flush();
    let before = flight.counters().records;
    let (nothing, recorded) = (allocations(false), allocations(true));
    flight.flush();
    // Start and end of two messages; two attributes and an event of one of them. Four times over the ring's length.
    assert_eq!(flight.counters().records - before, ORDERS * (2 * 2 + 3));
    assert!(flight.counters().overwritten_bytes > 0, "the ring has gone round");
    assert_eq!(recorded, nothing, "per message: {}", recorded.cast_signed() - nothing.cast_signed());
}
