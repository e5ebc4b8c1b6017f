//! The learned limit of an operation, the size of a message in a ring, and the spans that are passed on when the handle
//! is dropped.
//!
//! One recorder for the process, and one thread: one test.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_flight::{Flight, TriggerOptions};

static KEPT: Mutex<Vec<FinishedSpan>> = Mutex::new(Vec::new());

#[derive(Clone, Copy)]
enum How {
    Fast,
    Slow,
    Failing,
    Kept,
}

#[traced_actor]
enum Job {
    #[traced(fields(number))]
    Do { number: i64, how: How },
}

struct Worker {
    receiver: mpsc::Receiver<Job>,
}

#[traced_actor]
impl Worker {
    async fn run(mut self) {
        while let Some(job) = self.receiver.recv().await {
            let _ = self.handle(job).await;
        }
    }

    async fn handle(&mut self, Job::Do { how, .. }: Job) -> Result<(), &'static str> {
        match how {
            How::Fast => Ok(()),
            How::Slow => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(())
            }
            How::Failing => Err("as it was told"),
            How::Kept => {
                traced_actor_flight::keep();
                Ok(())
            }
        }
    }
}

/// Does so many jobs, each of them a trace.
async fn work(how: How, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(Job::Do { number, how }).await.ok().unwrap();
        drop(sender);
        Worker { receiver }.run().await;
    }
}

/// Returns the triggers of the kept jobs with this number.
fn triggers_of(number: i64) -> Vec<String> {
    let kept = KEPT.lock().unwrap();
    let of = kept.iter().filter(|span| span.attribute("number") == Some(&OwnedAttribute::Int(number)));
    of.map(|span| span.attribute("sampling.trigger").unwrap().to_string()).collect()
}

/// Does jobs again and again, until one of them was kept by this trigger: what is learned counts from the next second on.
async fn until_kept(flight: &Flight, how: How, each: i64, first: i64, trigger: &str) {
    let began = Instant::now();
    for first in (first..).step_by(usize::try_from(each).unwrap()) {
        work(how, first..first + each).await;
        flight.flush();
        if triggers_of(first + each - 1) == [trigger] {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{trigger}: {:?}", flight.counters());
    }
}

#[tokio::test]
async fn a_ring_is_as_small_as_it_says_and_slowness_and_failure_are_learned() {
    const RING: u64 = 64 << 10;
    const JOBS: i64 = 10_000;
    sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
    let mut triggers = TriggerOptions::default();
    triggers.errors = false;
    triggers.failure_rate = Some(0.5);
    triggers.slow_percentile = Some(0.9);
    triggers.per_second = 10_000.0;
    let flight = Flight::builder()
        .memory(RING)
        .triggers(triggers)
        .interval(Duration::from_secs(3600))
        .keep(|span| KEPT.lock().unwrap().push(span))
        .start()
        .unwrap();
    flight.install().unwrap();

    work(How::Failing, 0..1).await;
    work(How::Fast, 1..JOBS).await;
    flight.flush();
    let counters = flight.counters();
    assert_eq!((counters.records, counters.memory_bytes), (2 * JOBS.unsigned_abs(), RING), "{counters:?}");
    assert_eq!(counters.fired.get("failure_rate"), None, "a single error: {counters:?}");
    // Nine words of a start, how the message was sent, the number, three words of an end; and the ends of blocks: a fiftieth at most.
    let each = (counters.overwritten_bytes + RING) / JOBS.unsigned_abs();
    assert!((112..=114).contains(&each), "{each} bytes");
    assert!(flight.horizon().is_some());

    until_kept(&flight, How::Failing, 20, 100_000, "failure_rate").await;
    until_kept(&flight, How::Slow, 1, 200_000, "slow").await;

    work(How::Kept, 400_000..400_001).await;
    assert!(triggers_of(400_000).is_empty(), "the collector has not seen it");
    drop(flight);
    assert_eq!(triggers_of(400_000), ["keep"]);
}
