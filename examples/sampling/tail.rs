//! A tail sampler: traces of one to ten spans, some of which fail. In an incident many fail, and too many for its
//! limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::Rng;
use traced_actor::TraceId;
use traced_actor_sampling::ManualClock;
use traced_actor_sampling::tail::{Tail, TailOptions, TailSpan};

use crate::course::{Course, Interval};
use crate::schemes::random;

/// The part of a span that a tail sampler needs.
struct Span {
    trace: TraceId,
    failed: bool,
    /// The number of spans that it stands for, if it is kept.
    weight: f64,
}

impl TailSpan for Span {
    fn trace_id(&self) -> TraceId {
        self.trace
    }

    fn name(&self) -> &'static str {
        "Guild/Post"
    }

    fn duration(&self) -> Duration {
        Duration::ZERO
    }

    fn is_failed(&self) -> bool {
        self.failed
    }

    fn bytes(&self) -> usize {
        600
    }

    fn kept(&mut self, _: &'static str, chance: f64) {
        self.weight = 1.0 / chance;
    }
}

pub(crate) fn incident() -> Course {
    let (mut random, clock) = (random(), ManualClock::new());
    let mut options = TailOptions::default();
    options.chance = 0.05;
    options.max_spans = 20_000;
    let kept = Arc::new(Mutex::new((0.0, 0.0)));
    let taken = kept.clone();
    let tail = Tail::with_clock(options, clock.clone(), move |span: Span| {
        let mut kept = taken.lock().expect("nobody panics with it");
        kept.0 += 1.0;
        kept.1 += span.weight;
    });

    // Spans a second, and the share of them that fails.
    let loads = [[(2000.0, 0.0005); 6].as_slice(), &[(20_000.0, 0.02); 3], &[(2000.0, 0.0005); 6]].concat();
    let mut second = 0.0;
    let mut run_one = |(load, failing): (f64, f64)| {
        let mut spans = 0.0;
        // Five seconds, in steps of a millisecond.
        for millisecond in 1..=5000 {
            while spans < load * f64::from(millisecond) / 1000.0 {
                let trace = TraceId::new(random.random()).expect("it is not zero");
                for _ in 0..random.random_range(1..=10) {
                    spans += 1.0;
                    if tail.started(trace) {
                        tail.finished(Span { trace, failed: random.random_bool(failing), weight: 0.0 });
                    }
                }
            }
            clock.advance(Duration::from_millis(1));
            if millisecond % 250 == 0 {
                tail.tick();
            }
        }
        second += 5.0;
        let (kept, estimate) = std::mem::take(&mut *kept.lock().expect("nobody panics with it"));
        Interval { second, load: spans / 5.0, kept: kept / 5.0, estimate: estimate / 5.0 }
    };
    Course {
        name: "tail",
        explanation: "A tail keeps traces that failed, and a twentieth of the rest; in the incident it reaches its bound",
        intervals: loads.into_iter().map(&mut run_one).collect(),
    }
}
