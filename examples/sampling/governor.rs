//! A governor: a process whose spans take 3 µs of CPU time each, and whose load is 300 times as high as usual for a
//! while.

use std::time::Duration;

use rand::Rng;
use traced_actor::sampling::Decision;
use traced_actor_sampling::{GovernorControl, GovernorOptions, GovernorWindow};

use crate::course::{Course, Interval};
use crate::schemes::random;

/// The CPU time of a span, and of the work that it stands for.
const SPAN: Duration = Duration::from_micros(3);
const WORK: Duration = Duration::from_micros(20);

pub(crate) fn surge() -> Course {
    let mut random = random();
    let mut control = GovernorControl::new(GovernorOptions::default());
    let loads = [[100_u32; 5].as_slice(), &[30_000; 12], &[100; 15]].concat();
    let mut second = 0.0;
    let mut run_one = |load: u32| {
        let (mut kept, mut estimate) = (0_u32, 0.0);
        for _ in 0..load {
            let root = Decision::Keep { probability: Some(1.0), reason: "always_on" };
            if let Decision::Keep { probability: Some(probability), .. } =
                root.thinned(control.factor(), random.random())
            {
                kept += 1;
                estimate += 1.0 / probability;
            }
        }
        let tracing = SPAN * kept;
        control.step(&GovernorWindow { wall: Duration::from_secs(1), cpu: WORK * load + tracing, tracing });
        second += 1.0;
        Interval { second, load: f64::from(load), kept: f64::from(kept), estimate }
    };
    Course {
        name: "governor",
        explanation: "A governor, 1 % of the CPU: 3 µs for each span, 20 µs of work for each message",
        intervals: loads.into_iter().map(&mut run_one).collect(),
    }
}
