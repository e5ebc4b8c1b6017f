//! A reconnect storm in simulated time: all connections of a process come back within a short time. Computes the spans
//! that each scheme keeps, and how long messages wait.

use std::time::Duration;

use traced_actor::context::{TraceId, random_below};
use traced_actor::sampling::{Decision, Operation, Ratio, Sampler};
use traced_actor::{Kind, testkit};
use traced_actor_sampling::{
    Adaptive, AdaptiveOptions, GovernorControl, GovernorOptions, GovernorWindow, ManualClock, RateLimited,
};

use crate::model::{ACTIONS, BUDGET, Constants};

static CONNECT: Kind = Kind::new("Connect");

/// The number of connections of the process.
pub(crate) const CONNECTIONS: f64 = 100_000.0;
/// The number of handled messages of one connect: by the session, the guild and the presence actor, and the reply.
const HANDLINGS: f64 = 4.0;
/// The number of other sessions that are notified of one connect.
pub(crate) const FRIENDS: f64 = 20.0;
/// The seconds before the storm, and the length of the simulation.
const CALM: u32 = 120;
const SECONDS: u32 = 300;

/// The spans that a scheme kept.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) name: &'static str,
    /// Spans a second before the storm.
    pub(crate) calm: f64,
    /// Spans in the busiest second.
    pub(crate) peak: f64,
    /// Spans of all seconds of the storm.
    pub(crate) storm: f64,
}

/// The queue of the process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Queue {
    /// The seconds within which all connections come back.
    pub(crate) within: f64,
    /// The largest number of waiting messages.
    pub(crate) deepest: f64,
    /// The longest wait of a message, in seconds.
    pub(crate) longest: f64,
}

/// Returns the new traces of each second: actions before, and all connects within `within` seconds after `CALM`.
fn roots(second: u32, within: f64) -> f64 {
    let storm = f64::from(second) - f64::from(CALM);
    let connects = if (0.0..within).contains(&storm) { CONNECTIONS / within } else { 0.0 };
    CONNECTIONS * ACTIONS + connects
}

/// Returns the number of spans of one kept trace.
fn spans() -> f64 {
    HANDLINGS + FRIENDS.min(BUDGET)
}

/// Runs each scheme through a storm of this length.
pub(crate) fn courses(constants: &Constants, within: f64) -> Vec<Course> {
    let fixed = course("1 %", within, |_| (Box::new(Ratio::new(0.01)), false), constants);
    let limited = |clock: &ManualClock| -> (Box<dyn Sampler>, bool) {
        (Box::new(RateLimited::of(Ratio::new(0.01), 50.0).with_clock(clock.clone())), false)
    };
    let adaptive = |clock: &ManualClock| -> (Box<dyn Sampler>, bool) {
        let mut options = AdaptiveOptions::default();
        options.target = 15.0;
        options.initial = 0.01;
        (Box::new(Adaptive::new(options).with_clock(clock.clone())), false)
    };
    vec![
        fixed,
        course("1 %, at most 50 roots a second", within, limited, constants),
        course("adaptive, 15 roots a second, each minute", within, adaptive, constants),
        course(
            "all, under a governor of 1 % of a CPU",
            within,
            |_| (Box::new(Ratio::new(1.0)), true),
            constants,
        ),
    ]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands, and positive")]
fn course(
    name: &'static str,
    within: f64,
    make: impl Fn(&ManualClock) -> (Box<dyn Sampler>, bool),
    constants: &Constants,
) -> Course {
    testkit::seed(1);
    let clock = ManualClock::new();
    let (sampler, is_governed) = make(&clock);
    let mut governor = GovernorControl::new(GovernorOptions::default());
    let mut course = Course { name, calm: 0.0, peak: 0.0, storm: 0.0 };
    for second in 0..SECONDS {
        let roots = roots(second, within).round() as u64;
        let mut kept = 0.0;
        for _ in 0..roots {
            let id = TraceId::new(
                u128::from(random_below(u64::MAX)) << 64 | u128::from(random_below(u64::MAX)) | 1,
            );
            let Some(id) = id else { continue };
            if let Decision::Keep { .. } = sampler.sample(&Operation::root("Session", &CONNECT, id)) {
                kept += 1.0;
            }
            clock.advance(Duration::from_secs(1) / u32::try_from(roots).unwrap_or(u32::MAX));
        }
        // The governor's factor is that of the previous second. It affects roots and the budget of fan-outs.
        let factor = if is_governed { governor.factor() } else { 1.0 };
        let spans = kept * factor * (HANDLINGS + (FRIENDS.min(BUDGET) * factor).max(1.0).min(spans()));
        if is_governed {
            let wall = Duration::from_secs(1);
            let tracing = Duration::from_secs_f64(spans * (constants.span() + constants.export()));
            governor.step(&GovernorWindow { wall, cpu: wall, tracing });
        }
        if second == CALM - 1 {
            course.calm = spans;
        }
        if second >= CALM {
            course.peak = course.peak.max(spans);
            if f64::from(second - CALM) < within {
                course.storm += spans;
            }
        }
    }
    course
}

/// Returns how deep the queue gets, and how long messages wait, if the process handles twice the calm load.
pub(crate) fn queue(within: f64) -> Queue {
    let handled = 2.0 * CONNECTIONS * ACTIONS * (HANDLINGS + FRIENDS);
    let step = 0.1;
    let (mut deepest, mut depth) = (0.0_f64, 0.0_f64);
    for tenth in 0..SECONDS * 10 {
        let roots = roots(tenth / 10, within);
        depth = (depth + (roots * (HANDLINGS + FRIENDS) - handled) * step).max(0.0);
        deepest = deepest.max(depth);
    }
    Queue { within, deepest, longest: deepest / handled }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measured;

    fn constants() -> Constants {
        let bare = Measured { messages: 1.0, ..Measured::default() };
        let sampled = Measured { spans: 1.0, actor_cpu: 2e-6, export_cpu: 1e-6, ..bare };
        Constants { bare, unsampled: bare, sampled }
    }

    #[test]
    fn a_fixed_share_follows_the_storm_and_the_others_do_not() {
        let courses = courses(&constants(), 10.0);
        // 1,667 roots a second before, and 11,667 in the storm.
        let times: Vec<f64> = courses.iter().map(|course| course.peak / course.calm.max(1.0)).collect();
        assert!((5.0..10.0).contains(&times[0]), "{courses:?}");
        // A second's worth of credit may be kept at once.
        assert!(courses[1].peak <= 101.0 * spans(), "{courses:?}");
        assert!(courses[3].peak < courses[0].peak * 50.0, "{courses:?}");
        let cpu = |spans: f64| spans * 3e-6;
        assert!(cpu(courses[3].calm) < 0.0101, "the governor holds its target before: {courses:?}");
    }

    /// 100,000 connects within 10 s are 10,000 a second, above a capacity of two times 1,667: (11,667 − 3,333) · 10 s · 24.
    #[test]
    fn the_queue_grows_by_what_comes_above_the_capacity() {
        let queue = queue(10.0);
        assert!((queue.deepest / (8333.3 * 10.0 * 24.0) - 1.0).abs() < 0.01, "{queue:?}");
        assert!((queue.longest - 25.0).abs() < 0.5, "{queue:?}");
        // Spread over the time that the capacity allows, nothing waits.
        assert!(super::queue(120.0).deepest < 1.0);
    }
}
