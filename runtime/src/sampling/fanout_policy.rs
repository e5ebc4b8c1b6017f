//! Policies that select how many recipients of a fan-out are traced.

use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{PoisonError, RwLock};

use super::DEFAULT_FANOUT_BUDGET;

/// A policy that sets the probability with which a recipient of a fan-out is traced.
///
/// The policy selects a whole number k of the n recipients, at least one. The list is divided into k equal parts, and
/// one recipient is selected at random in each. Each has the probability k/n, so that the selected ones stand for
/// exactly n recipients.
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
    /// A maximum number k of recipients: the probability is min(1, k/n). Zero counts as one.
    Budget(u64),
    /// The table that Discord published: 100 % of 1 recipient, 10 % of 100, and 0.1 % of 10,000 and more.
    ///
    /// Between these points it is interpolated on a logarithmic scale. Beyond the last point, the number of traced
    /// recipients grows with n.
    Discord,
    /// A function from the number of recipients to the probability.
    Probability(fn(u64) -> f64),
}

/// The policy that applies if neither the actor nor its message names one.
static PROCESS: RwLock<FanoutPolicy> = RwLock::new(FanoutPolicy::Budget(DEFAULT_FANOUT_BUDGET));
/// Whether it was ever set. If not, the lock is not taken.
static IS_SET: AtomicBool = AtomicBool::new(false);

/// Sets the process-wide fan-out policy. The default is a budget of ten.
///
/// It applies if neither the actor nor its message names a policy. It can be changed at any time. Running fan-outs
/// are not affected.
///
/// # Cost
///
/// If a policy was ever set, each fan-out takes a lock for a short time.
pub fn set_fanout_policy(policy: FanoutPolicy) {
    *PROCESS.write().unwrap_or_else(PoisonError::into_inner) = policy;
    IS_SET.store(true, Release);
}

/// Returns the process-wide policy.
pub(super) fn process() -> FanoutPolicy {
    if !IS_SET.load(Acquire) {
        return FanoutPolicy::Budget(DEFAULT_FANOUT_BUDGET);
    }
    *PROCESS.read().unwrap_or_else(PoisonError::into_inner)
}

impl FanoutPolicy {
    /// Returns how many of n recipients are traced: 1 to n, or 0 if n is 0.
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
            // From 1 → 1 to 100 → 0.1, the line on a logarithmic scale is p = n^-0.5. To 10,000 → 0.001 it is 10/n.
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
