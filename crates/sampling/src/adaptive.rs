//! Jaeger's adaptive sampling without Jaeger: a probability for each operation that follows the load.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::limit::guaranteed_or;
use super::table::Table;
use crate::clock::{Clock, SystemClock};
use traced_actor::context::Timestamp;
use traced_actor::sampling::RateLimit;
use traced_actor::sampling::{Decision, Operation, Ratio, Sampler};

/// The settings of [`Adaptive`]. The defaults are Jaeger's.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdaptiveOptions {
    /// The target of each operation, in kept spans per second. Default: 1.
    pub target: f64,
    /// The targets of particular operations, by operation name (`Guild/Post`).
    pub targets: BTreeMap<String, f64>,
    /// The relative difference from the target up to which the probability is left unchanged. Default: 0.3.
    pub tolerance: f64,
    /// The interval between computations of the probabilities. Default: one minute.
    pub interval: Duration,
    /// The number of past intervals that are used. Default: 1.
    ///
    /// Newer intervals have more weight: of n intervals, the i-th from the oldest has the weight i⁴.
    pub intervals: usize,
    /// The probability of a new operation. Default: 0.001.
    pub initial: f64,
    /// The lowest probability. Default: 10⁻⁵.
    pub minimum: f64,
    /// The largest relative growth of a probability in one interval. Default: 1, which doubles it.
    ///
    /// A probability may fall by any amount.
    pub growth: f64,
    /// The minimum number of spans per second that each operation keeps. Default: 1/60, one per minute.
    pub lower_bound: f64,
    /// The maximum number of operations with their own probability. Default: 2,000.
    ///
    /// Further operations have the initial probability and no lower bound.
    pub max_operations: usize,
}

impl Default for AdaptiveOptions {
    fn default() -> Self {
        Self {
            target: 1.0,
            targets: BTreeMap::new(),
            tolerance: 0.3,
            interval: Duration::from_secs(60),
            intervals: 1,
            initial: 0.001,
            minimum: 1e-5,
            growth: 1.0,
            lower_bound: 1.0 / 60.0,
            max_operations: 2000,
        }
    }
}

/// Adapts the probability of each operation so that a target number of spans per second is kept.
///
/// The rule is Jaeger's ([adaptive sampling][jaeger]). It applies at the end of each interval. Here q is the number of
/// kept spans per second, and p the probability:
///
/// * If q is within the tolerance of the target, p does not change.
/// * If q is 0 and the operation was called, p doubles.
/// * Otherwise p becomes p · target / q. It grows at most twofold.
///
/// For example, an operation with 50,000 calls per second settles at 2·10⁻⁵ after the first interval. An operation that
/// is called every two seconds is always kept after ten intervals. Until then the lower bound keeps some of its calls.
/// An operation that is not called keeps its probability.
///
/// There is no thread and no timer. The first decision after the end of an interval computes the probabilities, under a
/// lock that no other thread waits for. Any other decision costs a clock reading, a lookup and three atomic operations.
///
/// ```
/// use traced_actor::sampling::{ParentBased, set_sampler};
/// use traced_actor_sampling::{Adaptive, AdaptiveOptions};
///
/// let mut options = AdaptiveOptions::default();
/// options.target = 5.0;
/// options.targets.insert("Guild/Post".into(), 20.0);
/// set_sampler(ParentBased::new(Adaptive::new(options)))?;
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
///
/// [jaeger]: https://www.jaegertracing.io/docs/latest/architecture/sampling/#adaptive-sampling
pub struct Adaptive<C = SystemClock> {
    options: AdaptiveOptions,
    operations: Table<State>,
    /// The end of the interval in nanoseconds, or zero before the first decision.
    ends: AtomicU64,
    computing: Mutex<()>,
    clock: C,
}

/// The state of an operation.
#[derive(Debug)]
struct State {
    target: f64,
    /// The bits of an `f64`.
    probability: AtomicU64,
    /// The number of spans that were kept by probability in this interval.
    kept: AtomicU64,
    called: AtomicBool,
    lower_bound: RateLimit,
    /// The numbers of kept spans in earlier intervals, the newest last.
    history: Mutex<VecDeque<u64>>,
}

impl Adaptive {
    /// Creates a sampler with these settings.
    pub fn new(options: AdaptiveOptions) -> Self {
        let operations = Table::new(options.max_operations);
        Self { options, operations, ends: AtomicU64::new(0), computing: Mutex::new(()), clock: SystemClock }
    }
}

impl Default for Adaptive {
    fn default() -> Self {
        Self::new(AdaptiveOptions::default())
    }
}

impl<C> Adaptive<C> {
    /// Sets the clock. Use it in simulations and tests.
    pub fn with_clock<D: Clock>(self, clock: D) -> Adaptive<D> {
        let Self { options, operations, ends, computing, .. } = self;
        Adaptive { options, operations, ends, computing, clock }
    }

    /// Returns the probability of each operation that was called so far.
    pub fn probabilities(&self) -> BTreeMap<String, f64> {
        let all = self.operations.all();
        all.values().map(|entry| (entry.name.to_string(), entry.value.probability())).collect()
    }

    fn state(&self, name: &str) -> State {
        State {
            target: self.options.targets.get(name).copied().unwrap_or(self.options.target),
            probability: AtomicU64::new(self.options.initial.to_bits()),
            kept: AtomicU64::new(0),
            called: AtomicBool::new(false),
            lower_bound: RateLimit::per_second(self.options.lower_bound),
            history: Mutex::default(),
        }
    }

    /// Computes new probabilities if the interval is over and no other thread does it.
    fn compute(&self, now: Timestamp) {
        let interval = u64::try_from(self.options.interval.as_nanos()).unwrap_or(u64::MAX).max(1);
        let next = now.unix_nanos().saturating_add(interval);
        let Ok(_computing) = self.computing.try_lock() else { return };
        let ends = self.ends.load(Relaxed);
        if now.unix_nanos() < ends {
            return;
        }
        if ends != 0 {
            for entry in self.operations.all().values() {
                entry.value.compute(&self.options);
            }
        }
        self.ends.store(next, Relaxed);
    }
}

impl State {
    fn probability(&self) -> f64 {
        f64::from_bits(self.probability.load(Relaxed))
    }

    fn compute(&self, options: &AdaptiveOptions) {
        let kept = self.kept.swap(0, Relaxed);
        if !self.called.swap(false, Relaxed) {
            return;
        }
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.push_back(kept);
        while history.len() > options.intervals.max(1) {
            history.pop_front();
        }
        let rate = weighted(&history) / options.interval.as_secs_f64();
        let probability = adapted(self.probability(), rate, self.target, options);
        self.probability.store(probability.to_bits(), Relaxed);
    }
}

/// Returns the mean of the counts, in which the i-th from the oldest has the weight i⁴.
#[expect(clippy::cast_precision_loss, reason = "counts of an interval")]
fn weighted(counts: &VecDeque<u64>) -> f64 {
    let weights = || (1..=counts.len()).map(|i| (i as f64).powi(4));
    counts.iter().zip(weights()).map(|(&count, weight)| count as f64 * weight).sum::<f64>()
        / weights().sum::<f64>()
}

/// Returns the probability after an interval in which `rate` spans per second were kept.
fn adapted(probability: f64, rate: f64, target: f64, options: &AdaptiveOptions) -> f64 {
    let grown = probability * (1.0 + options.growth);
    let new = if (rate - target).abs() / target < options.tolerance {
        probability
    } else if rate == 0.0 {
        probability * 2.0
    } else {
        (probability * target / rate).min(grown)
    };
    new.max(options.minimum).min(1.0)
}

impl<C: Clock> Sampler for Adaptive<C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let now = self.clock.now();
        if now.unix_nanos() >= self.ends.load(Relaxed) {
            self.compute(now);
        }
        let decide = |state: &State| {
            if !state.called.load(Relaxed) {
                state.called.store(true, Relaxed);
            }
            let guaranteed = state.lower_bound.allow(now);
            let decision = guaranteed_or(Ratio::new(state.probability()), operation, guaranteed);
            if let Decision::Keep { reason: "ratio", .. } = decision {
                state.kept.fetch_add(1, Relaxed);
            }
            decision
        };
        let kind = operation.kind.name();
        let decided = self.operations.with(operation.actor, kind, |name| self.state(name), decide);
        decided.unwrap_or_else(|| guaranteed_or(Ratio::new(self.options.initial), operation, false))
    }
}

impl<C> fmt::Debug for Adaptive<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adaptive").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(probability: f64, rate: f64) -> f64 {
        adapted(probability, rate, 1.0, &AdaptiveOptions::default())
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} is not {expected}");
    }

    /// The expected values are computed by hand from Jaeger's rule: target 1, tolerance 0.3, growth at most twofold,
    /// from 10⁻⁵ to 1.
    #[test]
    fn the_rule_is_jaeger_s() {
        assert_close(after(0.001, 50.0), 2e-5); // 0.001 · 1/50
        assert_close(after(0.001, 1.29), 0.001); // within the tolerance
        assert_close(after(0.001, 0.71), 0.001);
        assert_close(after(0.001, 1.6), 0.000_625); // 0.001 / 1.6
        assert_close(after(0.1, 0.625), 0.16); // 0.1 / 0.625, less than twice
        assert_close(after(0.1, 0.1), 0.2); // 0.1 / 0.1 = 1 is more than twice
        assert_close(after(0.1, 0.0), 0.2);
        assert_close(after(0.8, 0.5), 1.0); // 1.6 is no probability
        assert_close(after(1e-5, 1e6), 1e-5); // the least
    }

    /// (1⁴ · 10 + 2⁴ · 20 + 3⁴ · 30) / (1 + 16 + 81) = 2760 / 98
    #[test]
    fn newer_intervals_weigh_more() {
        assert_close(weighted(&VecDeque::from([10, 20, 30])), 2760.0 / 98.0);
        assert_close(weighted(&VecDeque::from([7])), 7.0);
    }
}
