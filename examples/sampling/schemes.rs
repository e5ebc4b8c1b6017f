//! The simulations: a load over time, and what a sampler keeps of it.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use traced_actor::sampling::{Decision, Operation, Ratio, Sampler};
use traced_actor::{Key, Kind, TraceId};
use traced_actor_sampling::dynamic::{DynamicSampler, Ema};
use traced_actor_sampling::{
    Adaptive, AdaptiveOptions, Clock, GuaranteedThroughput, ManualClock, RateLimited,
};

use crate::course::{Course, Interval};

static POST: Kind = Kind::new("Post");

/// Returns a generator with the same numbers in every run.
pub(crate) fn random() -> SmallRng {
    SmallRng::seed_from_u64(1)
}

/// Runs a load, given for each interval in operations a second, through a sampler.
fn run(sampler: &dyn Sampler, clock: &ManualClock, interval: Duration, loads: &[f64]) -> Vec<Interval> {
    let seconds = interval.as_secs_f64();
    let (mut now, mut random) = (0.0, random());
    let mut run_one = |&load: &f64| {
        let (mut kept, mut estimate) = (0.0, 0.0);
        let pause = Duration::from_secs_f64(1.0 / load);
        let end = clock.now();
        while clock.now().since(end) < interval {
            let id = TraceId::new(random.random()).expect("it is not zero");
            let root = Operation::root("Guild", &POST, id).with_key(Key::Int(0));
            if let Decision::Keep { probability, .. } = sampler.sample(&root) {
                kept += 1.0;
                estimate += probability.map_or(0.0, |probability| 1.0 / probability);
            }
            clock.advance(pause);
        }
        now += seconds;
        Interval { second: now, load, kept: kept / seconds, estimate: estimate / seconds }
    };
    loads.iter().map(&mut run_one).collect()
}

fn adaptive(name: &'static str, explanation: &'static str, seconds: u64, loads: &[f64]) -> Course {
    let clock = ManualClock::new();
    let mut options = AdaptiveOptions::default();
    options.interval = Duration::from_secs(seconds);
    let interval = options.interval;
    let sampler = Adaptive::new(options).with_clock(clock.clone());
    Course { name, explanation, intervals: run(&sampler, &clock, interval, loads) }
}

pub(crate) fn surge() -> Course {
    let explanation =
        "Adaptive, target 1 a second: a load of 50,000 a second settles in one interval (10 s here)";
    adaptive("adaptive-surge", explanation, 10, &[50_000.0; 5])
}

pub(crate) fn settle() -> Course {
    let explanation =
        "Adaptive, target 1 a second: the share doubles in each interval; then the load grows tenfold";
    let loads = [[5.0; 12].as_slice(), &[50.0; 6]].concat();
    adaptive("adaptive-settle", explanation, 60, &loads)
}

pub(crate) fn rare() -> Course {
    let explanation =
        "Adaptive, target 1 a second, load 1 in 2 s: the lower bound keeps some until all are kept";
    adaptive("adaptive-rare", explanation, 60, &[0.5; 14])
}

pub(crate) fn keyed() -> Course {
    let clock = ManualClock::new();
    let sampler = DynamicSampler::new(Ema::throughput(10.0)).with_clock(clock.clone());
    let loads = [[100.0; 6].as_slice(), &[2000.0; 4], &[100.0; 8]].concat();
    Course {
        name: "ema-throughput",
        explanation: "Ema, target 10 a second: a surge is thinned within one interval, then forgotten by halves",
        intervals: run(&sampler, &clock, Duration::from_secs(15), &loads),
    }
}

pub(crate) fn limit() -> Course {
    let clock = ManualClock::new();
    let sampler = RateLimited::new(5.0).with_clock(clock.clone());
    let loads = [2.0, 4.0, 8.0, 50.0, 500.0, 50.0, 8.0, 4.0, 2.0];
    Course {
        name: "rate-limit",
        explanation: "At most 5 a second: what is kept stands for the rest",
        intervals: run(&sampler, &clock, Duration::from_secs(10), &loads),
    }
}

/// Prints the estimates of 100,000 operations.
pub(crate) fn totals() {
    let clock = ManualClock::new();
    let schemes: [(&str, Box<dyn Sampler>); 4] = [
        ("ratio 0.01", Box::new(Ratio::new(0.01))),
        (
            "ratio 0.01, or 1 a second",
            Box::new(GuaranteedThroughput::new(0.01, 1.0).with_clock(clock.clone())),
        ),
        ("at most 5 a second", Box::new(RateLimited::new(5.0).with_clock(clock.clone()))),
        (
            "moving average, 1 in 100",
            Box::new(DynamicSampler::new(Ema::rate(100.0)).with_clock(clock.clone())),
        ),
    ];
    println!("100,000 operations in 100 s, as estimated from the kept ones");
    println!("{:>28} {:>8} {:>10}", "scheme", "kept", "estimate");
    for (name, sampler) in schemes {
        let found = run(&*sampler, &clock, Duration::from_secs(100), &[1000.0]);
        println!("{name:>28} {:>8.0} {:>10.0}", found[0].kept * 100.0, found[0].estimate * 100.0);
    }
    println!();
}
