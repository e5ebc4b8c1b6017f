//! For each sampling scheme, the totals that are estimated from kept spans are the true ones.
//!
//! A kept operation with probability p stands for 1/p; one whose probability is not known stands for none. Each run
//! estimates its total, and the variance of that estimate, Σ (1 − p)/p² over the kept (Horvitz and Thompson 1952).
//! Over 100 runs with fixed seeds the mean error must lie within 3 σ of zero: a scheme that is unbiased passes with
//! a probability of 99.7 %, and always does with these seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use traced_actor::sampling::{AlwaysOn, Decision, Operation, Ratio, Sampler};
use traced_actor_sampling::dynamic::{
    Average, DynamicSampler, Ema, Fixed, OnlyOnce, PerKeyThroughput, Rule, TotalThroughput,
    WindowedThroughput,
};
use traced_actor_sampling::jaeger::{JaegerRemote, Operations, Strategy};
use traced_actor_sampling::{
    Adaptive, AdaptiveOptions, Clock, Forced, GuaranteedThroughput, ManualClock, Rare, RateLimited, Rules,
};

use super::support::{POST, Work};

const RUNS: u64 = 100;
const OPERATIONS: u32 = 5000;
/// 200 operations a second.
const PAUSE: Duration = Duration::from_millis(5);

/// The estimate of one run, its variance, and the number of kept messages.
struct Estimate {
    total: f64,
    variance: f64,
    kept: u32,
}

fn estimate(scheme: &dyn Fn(ManualClock) -> Box<dyn Sampler>, seed: u64) -> Estimate {
    let mut work = Work::new(seed);
    let sampler = scheme(work.clock.clone());
    let mut estimate = Estimate { total: 0.0, variance: 0.0, kept: 0 };
    for _ in 0..OPERATIONS {
        let key = work.key();
        if let Decision::Keep { probability, .. } = work.decide(&*sampler, &POST, key) {
            estimate.kept += 1;
            if let Some(probability) = probability {
                estimate.total += 1.0 / probability;
                estimate.variance += (1.0 - probability) / probability.powi(2);
            }
        }
        work.clock.advance(PAUSE);
    }
    estimate
}

#[track_caller]
fn assert_unbiased(name: &str, scheme: impl Fn(ManualClock) -> Box<dyn Sampler>) {
    let runs: Vec<Estimate> = (0..RUNS).map(|seed| estimate(&scheme, seed)).collect();
    let error: f64 = runs.iter().map(|run| run.total - f64::from(OPERATIONS)).sum();
    let sigma = runs.iter().map(|run| run.variance).sum::<f64>().sqrt();
    assert!(error.abs() <= 3.0 * sigma, "{name}: an error of {error} where one σ is {sigma}");
    let kept: u32 = runs.iter().map(|run| run.kept).sum();
    assert!(kept > 0, "{name} kept nothing");
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let runs = RUNS as f64;
    // The test is able to fail: a bias of a tenth would be seen.
    let seen = sigma * 3.0 < 0.1 * runs * f64::from(OPERATIONS);
    assert!(seen, "{name}: σ of {sigma} is too great to tell");
}

fn keyed<R: Rule + 'static>(rule: impl Fn() -> R) -> impl Fn(ManualClock) -> Box<dyn Sampler> {
    move |clock| Box::new(DynamicSampler::new(rule()).with_clock(clock))
}

#[test]
fn shares_and_guarantees() {
    assert_unbiased("ratio", |_| Box::new(Ratio::new(0.05)));
    assert_unbiased("guaranteed", |clock| Box::new(GuaranteedThroughput::new(0.05, 2.0).with_clock(clock)));
    assert_unbiased("rules", |_| Box::new(Rules::new(AlwaysOn).operation("Guild", "Post", Ratio::new(0.1))));
    assert_unbiased("forced", |clock| Box::new(Forced::new(Ratio::new(0.05), 1.0).key(3).with_clock(clock)));
    assert_unbiased("rare", |clock| Box::new(Rare::new(Ratio::new(0.05)).with_clock(clock)));
}

/// The recorded probability is the one that was used, whatever a governor's factor is at the moment.
#[test]
fn governed() {
    /// A share, thinned by a factor that goes from 1 to 0.1 and back, four times a run.
    struct Governed {
        clock: ManualClock,
        began: traced_actor::context::Timestamp,
        random: Mutex<SmallRng>,
    }
    impl Sampler for Governed {
        fn sample(&self, operation: &Operation<'_>) -> Decision {
            let seconds = self.clock.now().since(self.began).as_secs_f64();
            let factor = 0.55 + 0.45 * (seconds * std::f64::consts::TAU * 4.0 / 25.0).cos();
            Ratio::new(0.2).sample(operation).thinned(factor, self.random.lock().unwrap().random())
        }
    }
    static SEED: AtomicU64 = AtomicU64::new(1);
    assert_unbiased("governed", |clock| {
        let random = Mutex::new(SmallRng::seed_from_u64(SEED.fetch_add(1, Relaxed)));
        Box::new(Governed { began: clock.now(), clock, random })
    });
}

#[test]
fn adaptive() {
    assert_unbiased("adaptive", |clock| {
        let mut options = AdaptiveOptions::default();
        options.interval = Duration::from_secs(5);
        options.initial = 0.5;
        options.target = 10.0;
        Box::new(Adaptive::new(options).with_clock(clock))
    });
}

#[test]
fn jaeger() {
    let remote = |strategy: Strategy| {
        move |clock| -> Box<dyn Sampler> {
            let sampler = JaegerRemote::with_clock(clock);
            sampler.apply(&strategy);
            Box::new(sampler)
        }
    };
    assert_unbiased("probabilistic", remote(Strategy::Probabilistic(0.05)));
    let listed = Operations::new(0.001, 0.5, vec![("Guild/Post".into(), 0.1)]);
    assert_unbiased("operations", remote(Strategy::Operations(listed)));
}

#[test]
fn keyed_rules_of_shares() {
    assert_unbiased("fixed", keyed(|| Fixed::new(5).key(0, 20)));
    assert_unbiased("average", keyed(|| Average::new(10.0).every(Duration::from_secs(5))));
    let average = || Average::new(10.0).with_minimum(100.0).every(Duration::from_secs(5));
    assert_unbiased("average with minimum", keyed(average));
    assert_unbiased("ema rate", keyed(|| Ema::rate(10.0).every(Duration::from_secs(3))));
}

#[test]
fn keyed_rules_of_throughput() {
    assert_unbiased("ema throughput", keyed(|| Ema::throughput(20.0).every(Duration::from_secs(3))));
    assert_unbiased("per key", keyed(|| PerKeyThroughput::new(0.2).every(Duration::from_secs(5))));
    assert_unbiased("total", keyed(|| TotalThroughput::new(20.0).every(Duration::from_secs(5))));
    assert_unbiased("windowed", keyed(|| WindowedThroughput::new(20.0)));
}

/// It keeps one in 10⁹ of what it has seen, so a total of thousands cannot be told from a few kept; what it is for can:
/// each of the 100 keys, once in each window.
#[test]
fn only_once_keeps_each_key_once_a_window() {
    let once = estimate(&keyed(|| OnlyOnce::new(Duration::from_secs(60))), 1);
    assert!((90..=100).contains(&once.kept), "{} of 100 keys in 25 s", once.kept);
    assert!((once.total - f64::from(once.kept)).abs() < 1e-6, "each stands for itself");
}

/// A limit has no chance in it: what is kept stands for all until then, to the last operation.
#[test]
fn a_limit_accounts_for_every_operation_up_to_the_last_one_kept() {
    let limits: [fn(ManualClock) -> Box<dyn Sampler>; 2] = [
        |clock| Box::new(RateLimited::new(3.0).with_clock(clock)),
        |clock| {
            let sampler = JaegerRemote::with_clock(clock);
            sampler.apply(&Strategy::RateLimiting(3.0));
            Box::new(sampler)
        },
    ];
    for limit in limits {
        let mut work = Work::new(1);
        let sampler = limit(work.clock.clone());
        let (mut estimated, mut kept) = (0.0, 0);
        for done in 1..=OPERATIONS {
            if let Decision::Keep { probability: Some(probability), .. } = work.decide(&*sampler, &POST, 0) {
                kept += 1;
                estimated += 1.0 / probability;
                assert!((estimated - f64::from(done)).abs() < 1e-6, "{estimated} of {done}");
            }
            work.clock.advance(PAUSE);
        }
        // 25 s · 3/s, and three at once in the beginning.
        assert!((75..=78).contains(&kept), "{kept}");
    }
}

/// After a share, the weights of the limit are those of the share: unbiased up to the last kept operation. The rest at
/// the end is at most one interval of the limit.
#[test]
fn a_limit_behind_a_share_keeps_its_weights() {
    let scheme =
        |clock| -> Box<dyn Sampler> { Box::new(RateLimited::of(Ratio::new(0.5), 20.0).with_clock(clock)) };
    let totals: Vec<f64> = (0..RUNS).map(|seed| estimate(&scheme, seed).total).collect();
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let mean = totals.iter().sum::<f64>() / RUNS as f64;
    // σ of a run is √5000 = 71 (p = ½), of the mean 7; owed at the end are at most 10 operations (50 ms · 200/s).
    assert!((4969.0..=5021.0).contains(&mean), "{mean}");
}
