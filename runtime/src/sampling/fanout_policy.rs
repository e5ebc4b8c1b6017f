//! How many recipients of a fan-out are traced, as a function of how many there are.

use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{PoisonError, RwLock};

use super::DEFAULT_FANOUT_BUDGET;

/// With what probability a recipient of a fan-out to n is traced.
///
/// Whatever the policy says, a whole number k of the n is chosen, at least one, systematically: so the kept ones,
/// each with the probability k/n, stand for n exactly.
///
/// | n | `Budget(10)` | `Discord` |
/// |---|---|---|
/// | 1 | 1 | 1 |
/// | 25 | 10 | 5 |
/// | 100 | 10 | 10 |
/// | 10,000 | 10 | 10 |
/// | 1,000,000 | 10 | 1,000 |
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum FanoutPolicy {
    /// min(1, k/n): never more than k. Zero counts as one.
    Budget(u64),
    /// The table that Discord published (1 → 100 %, 100 → 10 %, 10,000 and more → 0.1 %), with straight lines in
    /// logarithmic scale between its points. Beyond the last it grows with n.
    Discord,
    /// This probability for n recipients.
    Probability(fn(u64) -> f64),
}

/// The policy where neither the actor nor its message names one.
static PROCESS: RwLock<FanoutPolicy> = RwLock::new(FanoutPolicy::Budget(DEFAULT_FANOUT_BUDGET));
/// Whether it was ever set. Most programs do without the lock.
static IS_SET: AtomicBool = AtomicBool::new(false);

/// Sets the policy of the fan-outs for which neither the actor nor its message names one; a budget of ten unless
/// set. It may be set again at any time; a fan-out that is under way is not changed. Reading it takes a lock for as long as a
/// copy takes, once a fan-out, and none where it was never set.
pub fn set_fanout_policy(policy: FanoutPolicy) {
    *PROCESS.write().unwrap_or_else(PoisonError::into_inner) = policy;
    IS_SET.store(true, Release);
}

/// The process's policy.
pub(super) fn process() -> FanoutPolicy {
    if !IS_SET.load(Acquire) {
        return FanoutPolicy::Budget(DEFAULT_FANOUT_BUDGET);
    }
    *PROCESS.read().unwrap_or_else(PoisonError::into_inner)
}

impl FanoutPolicy {
    /// How many of n are traced: from 1 to n, and none of none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above 2^53 recipients the last bits do not matter; what is no number becomes zero, and so one"
    )]
    pub fn selected(self, n: u64) -> u64 {
        let of = |probability: f64| (n as f64 * probability).round() as u64;
        let k = match self {
            Self::Budget(k) => k,
            // Between 1 → 1 and 100 → 0.1 the line in logarithmic scale is p = n^-0.5; to 10,000 → 0.001 it is 10/n.
            Self::Discord if n <= 100 => (n as f64).sqrt().round() as u64,
            Self::Discord if n <= 10_000 => 10,
            Self::Discord => of(0.001),
            Self::Probability(policy) => of(policy(n)),
        };
        k.max(1).min(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curves_are_those_of_the_table_above() {
        let table = [(1, 1, 1), (25, 10, 5), (100, 10, 10), (10_000, 10, 10), (1_000_000, 10, 1000)];
        for (n, budget, discord) in table {
            assert_eq!(FanoutPolicy::Budget(10).selected(n), budget, "{n}");
            assert_eq!(FanoutPolicy::Discord.selected(n), discord, "{n}");
        }
    }

    #[test]
    fn a_curve_of_one_s_own_is_kept_between_one_and_all() {
        let of = |policy| FanoutPolicy::Probability(policy).selected(50);
        assert_eq!(of(|_| 0.5), 25);
        assert_eq!(of(|n| if n > 40 { 0.1 } else { 1.0 }), 5);
        assert_eq!([of(|_| -1.0), of(|_| f64::NAN), of(|_| 0.0)], [1, 1, 1]);
        assert_eq!(of(|_| 7.0), 50);
        assert_eq!(FanoutPolicy::Budget(0).selected(50), 1);
        assert_eq!(FanoutPolicy::Discord.selected(0), 0);
    }
}
