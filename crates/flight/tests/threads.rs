//! Tests a handler that moves from thread to thread: its span has all notes, whichever ring is read first.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use traced_actor::record::FinishedSpan;
use traced_actor::traced_actor;
use traced_actor_flight::Flight;

#[traced_actor]
struct Move(u64);

struct Guild;

/// Waits for the next poll.
async fn next_thread() {
    let mut was_polled = false;
    poll_fn(|_| if std::mem::replace(&mut was_polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Move) -> Result<(), u64> {
        next_thread().await;
        let span = traced_actor::current_span();
        span.set_attribute("number", message.0);
        span.add_event("moved");
        span.update_name("Guild/Move once");
        next_thread().await;
        span.update_name("Guild/Move twice");
        span.set_attribute("last", message.0);
        Err(message.0)
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// A thread that does what it is told, and whose ring lives as long.
fn worker() -> Sender<Work> {
    let (work, told) = channel::<Work>();
    thread::spawn(move || told.into_iter().for_each(|work| work()));
    work
}

/// Runs a function on a worker, and waits for what it returns.
fn on<T: Send + 'static>(worker: &Sender<Work>, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    worker.send(Box::new(move || drop(tell.send(run())))).unwrap();
    told.recv().unwrap()
}

type Handler = Pin<Box<dyn Future<Output = ()> + Send>>;

fn poll(mut handler: Handler) -> (Handler, bool) {
    let is_ready = handler.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
    (handler, is_ready)
}

#[test]
fn what_is_said_on_another_thread_is_on_the_span() {
    let kept: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
    let keeping = kept.clone();
    let flight = Flight::builder()
        .interval(Duration::from_secs(3600))
        .keep(move |span| keeping.lock().unwrap().push(span))
        .start()
        .unwrap();
    flight.install().unwrap();
    let workers: [Sender<Work>; 3] = std::array::from_fn(|_| worker());
    // Each has its ring, in this order.
    for worker in &workers {
        let (_, is_ready) =
            on(worker, || poll(Box::pin(async { assert!(Guild.handle(Move(0)).await.is_err()) })));
        assert!(!is_ready);
    }
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 1, 0], [1, 0, 1]];
    // All that belongs together is read in one round, or each part in a round of its own.
    for flushes in [false, true] {
        for (number, order) in (1..).zip(orders) {
            let mut handler: Handler =
                Box::pin(async move { assert_eq!(Guild.handle(Move(number)).await, Err(number)) });
            let mut is_ready = false;
            for worker in order {
                assert!(!is_ready);
                (handler, is_ready) = on(&workers[worker], || poll(handler));
                if flushes {
                    flight.flush();
                }
            }
            assert!(is_ready);
        }
        flight.flush();
        let mut kept = std::mem::take(&mut *kept.lock().unwrap());
        kept.retain(|span| span.attribute("number").is_some_and(|number| number.to_string() != "0"));
        let mut numbers: Vec<String> = Vec::new();
        for span in &kept {
            numbers.extend(span.attribute("number").map(ToString::to_string));
            assert_eq!(span.events.len(), 1, "{span:?}");
            assert_eq!(span.error.as_ref(), numbers.last(), "{span:?}");
            assert_eq!(span.name, "Guild/Move twice", "the last name counts");
            let own: Vec<_> = span.attributes.iter().map(|(name, _)| *name).collect();
            let own: Vec<_> = own.into_iter().filter(|name| ["number", "last"].contains(name)).collect();
            assert_eq!(own, ["number", "last"], "in the order in which they were added");
        }
        numbers.sort_unstable();
        assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8"], "{kept:#?}");
    }
    let counters = flight.counters();
    assert_eq!((counters.refused, counters.missed_bytes, counters.given_up), (0, 0, 0));
}
