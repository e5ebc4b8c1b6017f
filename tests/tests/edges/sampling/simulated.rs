//! Convergence, in simulated time: nobody sleeps.

use std::time::Duration;

use traced_actor::Kind;
use traced_actor_sampling::dynamic::{DynamicSampler, Ema, TotalThroughput};
use traced_actor_sampling::{Adaptive, AdaptiveOptions, GuaranteedThroughput, RateLimited};

use super::support::{POST, Work};

const MINUTE: Duration = Duration::from_secs(60);

/// The probability of `Guild/Post` after each of this many minutes at this rate, beginning with none.
fn minutes(per_second: f64, minutes: usize) -> Vec<f64> {
    let mut work = Work::new(6);
    let sampler = Adaptive::new(AdaptiveOptions::default()).with_clock(work.clock.clone());
    let probability = |_| {
        work.run(&sampler, &POST, per_second, MINUTE);
        // The first decision after the minute computes; its own interval is the next.
        work.run(&sampler, &POST, per_second, Duration::from_secs_f64(1.0 / per_second));
        sampler.probabilities()["Guild/Post"]
    };
    (0..minutes).map(probability).collect()
}

/// Uber's published 0.002 %. In the first minute about 3,000 ± 55 are kept, which is 50 a second: 0.001 · 1/50, with a
/// σ of 1.8 %.
#[test]
fn fifty_thousand_a_second_settle_in_one_round() {
    let found = minutes(50_000.0, 1);
    assert!((found[0] / 2e-5 - 1.0).abs() < 3.0 * 0.018, "{found:?}");
}

/// In most of the minutes before the chance is one, the lower bound is all that is kept; each doubles. 2¹⁰ > 1000.
#[test]
fn one_in_two_seconds_is_always_kept_after_ten_rounds() {
    let found = minutes(0.5, 11);
    let expected: Vec<f64> = (1..=11).map(|round| (0.001 * f64::from(1 << round)).min(1.0)).collect();
    for (round, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected} in round {round}");
    }
}

/// 5 a second, target 1: from 0.001 by doubling to about 0.2, eight rounds as in Jaeger, and there it stays.
#[test]
fn five_a_second_settle_at_a_fifth() {
    let found = minutes(5.0, 30);
    assert!((0.001..0.2).contains(&found[5]), "{found:?}");
    // Within the tolerance of 0.3 and 3 σ of a minute's 60 (0.39) on top.
    assert!(found[9..].iter().all(|probability| (0.08..0.45).contains(probability)), "{found:?}");
}

/// A tenfold load is answered by the first computation after it: the probability falls at once.
#[test]
fn a_load_that_grows_tenfold_is_back_at_its_target_in_one_round() {
    let mut work = Work::new(1);
    let sampler = Adaptive::new(AdaptiveOptions::default()).with_clock(work.clock.clone());
    let kept = |work: &mut Work, load| work.run(&sampler, &POST, load, MINUTE);
    for _ in 0..4 {
        kept(&mut work, 1000.0);
    }
    let settled = kept(&mut work, 1000.0);
    let surge = kept(&mut work, 10_000.0);
    let after = kept(&mut work, 10_000.0);
    // 60 a minute, ± 30 % of tolerance and 3 σ of 23.
    assert!((19..=101).contains(&settled), "{settled}");
    assert!((300..=1000).contains(&surge), "{surge}");
    assert!((19..=101).contains(&after), "{after}");
}

/// Operations that are not called keep their probability, and one that comes later has its own.
#[test]
fn operations_do_not_disturb_each_other() {
    static JOIN: Kind = Kind::new("Join");
    let mut work = Work::new(1);
    let sampler = Adaptive::new(AdaptiveOptions::default()).with_clock(work.clock.clone());
    work.run(&sampler, &POST, 10_000.0, MINUTE);
    work.run(&sampler, &JOIN, 1.0, MINUTE * 3);
    let after = sampler.probabilities();
    assert!((after["Guild/Post"] / 1e-4 - 1.0).abs() < 0.15, "{after:?}"); // 10 a second: 0.001/10
    assert!((after["Guild/Join"] / 0.004 - 1.0).abs() < 1e-9, "{after:?}"); // doubled twice
}

/// One a second of an hour of ten a second: 3,600, and the one at the start.
#[test]
fn a_limit_holds_to_the_operation() {
    let mut work = Work::new(1);
    let sampler = RateLimited::new(1.0).with_clock(work.clock.clone());
    assert_eq!(work.run(&sampler, &POST, 10.0, Duration::from_secs(3600)), 3600);
    let mut work = Work::new(1);
    let sampler = GuaranteedThroughput::new(0.0, 0.25).with_clock(work.clock.clone());
    assert_eq!(work.run(&sampler, &POST, 10.0, Duration::from_secs(3600)), 900);
}

/// A surge from 100 to 10,000 a second under a goal of 10 a second: the burst is seen within its interval.
#[test]
fn a_moving_average_answers_a_surge_at_once() {
    let mut work = Work::new(1);
    let interval = Duration::from_secs(15);
    let sampler = DynamicSampler::new(Ema::throughput(10.0)).with_clock(work.clock.clone());
    for _ in 0..8 {
        work.run(&sampler, &POST, 100.0, interval);
    }
    // 150 an interval are the goal; the operations of an interval are rounded up into one in ten.
    let settled = work.run(&sampler, &POST, 100.0, interval);
    assert!((110..=190).contains(&settled), "{settled}");
    let surge = work.run(&sampler, &POST, 10_000.0, interval);
    // The average of 1,500 makes 3,000 events a burst; half of them and half of the average are 2,250, the next
    // burst is one of 4,500, and so on by 1.5: each keeps about 3,000/10 = 4,500/15 = 300, and eight of them make
    // 3,000 · (1.5⁸ − 1)/0.5 = 148,000 of the 150,000 events. Without bursts 15,000 would be kept.
    assert!((2250..=2550).contains(&surge), "{surge}");

    let mut work = Work::new(1);
    let sampler = DynamicSampler::new(TotalThroughput::new(10.0)).with_clock(work.clock.clone());
    work.run(&sampler, &POST, 1000.0, Duration::from_secs(30));
    // One in ⌊30,000/300⌋ = 100.
    let kept = work.run(&sampler, &POST, 1000.0, Duration::from_secs(30));
    assert!((248..=352).contains(&kept), "{kept}");
}
