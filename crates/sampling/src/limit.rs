//! Samplers that keep at most, or at least, a number of operations per second.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::clock::{Clock, SystemClock};
use traced_actor::sampling::RateLimit;
use traced_actor::sampling::{AlwaysOn, Decision, Operation, Ratio, Sampler};

/// Keeps at most a number of operations per second, of those that another sampler would keep.
///
/// Bursts of up to one second's number are kept, and at least one operation. The rate may be a fraction. The rules are
/// Jaeger's, but credit accrues by the nanosecond.
///
/// The probability of an operation depends on when it arrives, and is not known in advance. Instead, a kept operation
/// records the inverse of its weight: it stands for itself and for all operations that this limit dropped since the
/// last kept one. Totals are exact up to the last kept operation. A breakdown of the totals is only as good as the kept
/// operations are typical.
///
/// A decision costs a clock reading and one or two atomic operations.
///
/// ```
/// use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
/// use traced_actor_sampling::RateLimited;
///
/// set_sampler(ParentBased::new(RateLimited::of(Ratio::new(0.1), 5.0)))?;
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
pub struct RateLimited<S = AlwaysOn, C = SystemClock> {
    inner: S,
    bucket: RateLimit,
    owed: Owed,
    clock: C,
}

impl RateLimited {
    /// Creates a sampler that keeps at most `per_second` operations per second.
    pub fn new(per_second: f64) -> Self {
        Self::of(AlwaysOn, per_second)
    }
}

impl<S: Sampler> RateLimited<S> {
    /// Creates a sampler that keeps at most `per_second` operations per second, of those that `inner` keeps.
    pub fn of(inner: S, per_second: f64) -> Self {
        Self { inner, bucket: RateLimit::per_second(per_second), owed: Owed::default(), clock: SystemClock }
    }
}

impl<S: Sampler, C> RateLimited<S, C> {
    /// Sets the clock. Use it in simulations and tests.
    pub fn with_clock<D: Clock>(self, clock: D) -> RateLimited<S, D> {
        let Self { inner, bucket, owed, .. } = self;
        RateLimited { inner, bucket, owed, clock }
    }
}

impl<S: Sampler, C: Clock> Sampler for RateLimited<S, C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match self.inner.sample(operation) {
            Decision::Keep { probability, .. } if self.bucket.allow(self.clock.now()) => {
                Decision::Keep { probability: self.owed.settle(probability), reason: "rate_limit" }
            }
            Decision::Keep { probability, .. } => {
                self.owed.add(probability);
                Decision::Drop { reason: "rate_limit" }
            }
            dropped @ Decision::Drop { .. } => dropped,
        }
    }
}

/// The weight of dropped operations, which the next kept one carries.
#[derive(Debug, Default)]
pub(super) struct Owed(AtomicU64);

impl Owed {
    /// Adds the weight of a dropped operation that was drawn with this probability.
    pub(super) fn add(&self, probability: Option<f64>) {
        let Some(probability) = probability else { return };
        let more = |bits| Some((f64::from_bits(bits) + 1.0 / probability).to_bits());
        let _ = self.0.fetch_update(Relaxed, Relaxed, more);
    }

    /// Moves the weight into a new value.
    pub(super) fn hand_over(&self) -> Self {
        Self(AtomicU64::new(self.0.swap(0, Relaxed)))
    }

    /// Returns the inverse of everything that a kept operation stands for, including itself with this probability.
    pub(super) fn settle(&self, probability: Option<f64>) -> Option<f64> {
        let own = 1.0 / probability?;
        Some(1.0 / (own + f64::from_bits(self.0.swap(0, Relaxed))))
    }
}

/// Keeps a share of all operations, and at least a number per second, like Jaeger's `GuaranteedThroughput`.
///
/// Operations that the share keeps count towards the guaranteed number. An operation that only the guarantee keeps has
/// an unknown probability. Estimates do not count it, because the operations that the share keeps already stand for
/// all.
///
/// There is one guarantee for all operations. [`Adaptive`](super::Adaptive) has one for each. The guarantee applies to
/// each process: a thousand processes with one per minute keep 16.7 per second.
///
/// A decision costs a clock reading and one atomic operation.
pub struct GuaranteedThroughput<C = SystemClock> {
    ratio: Ratio,
    bucket: RateLimit,
    clock: C,
}

impl GuaranteedThroughput {
    /// Creates a sampler that keeps the share `ratio`, and at least `per_second` operations per second.
    pub fn new(ratio: f64, per_second: f64) -> Self {
        Self { ratio: Ratio::new(ratio), bucket: RateLimit::per_second(per_second), clock: SystemClock }
    }
}

impl<C> GuaranteedThroughput<C> {
    /// Sets the clock. Use it in simulations and tests.
    pub fn with_clock<D: Clock>(self, clock: D) -> GuaranteedThroughput<D> {
        GuaranteedThroughput { ratio: self.ratio, bucket: self.bucket, clock }
    }
}

impl<C: Clock> Sampler for GuaranteedThroughput<C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let guaranteed = self.bucket.allow(self.clock.now());
        guaranteed_or(self.ratio, operation, guaranteed)
    }
}

/// Returns the share's decision, or that of the guarantee if the share drops the operation.
pub(super) fn guaranteed_or(ratio: Ratio, operation: &Operation<'_>, guaranteed: bool) -> Decision {
    match ratio.sample(operation) {
        Decision::Drop { .. } if guaranteed => Decision::Keep { probability: None, reason: "lowerbound" },
        decision => decision,
    }
}

impl<S, C> fmt::Debug for RateLimited<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimited").field("per_second", &self.bucket.rate()).finish_non_exhaustive()
    }
}

impl<C> fmt::Debug for GuaranteedThroughput<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuaranteedThroughput")
            .field("ratio", &self.ratio.probability())
            .field("per_second", &self.bucket.rate())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;
    use traced_actor::Kind;
    use traced_actor::context::TraceId;

    static KIND: Kind = Kind::new("Post");

    fn decide(sampler: &dyn Sampler, randomness: u128) -> Decision {
        sampler.sample(&Operation::root("Guild", &KIND, TraceId::new(1 << 100 | randomness).unwrap()))
    }

    const HIGH: u128 = (1 << 56) - 1;
    const LOW: u128 = 0;

    /// One a second; calls at 0, 0.25, 0.5, 0.75, 1 s: the second that is kept stands for four.
    #[test]
    fn what_is_kept_stands_for_what_was_dropped_before_it() {
        let clock = ManualClock::new();
        let sampler = RateLimited::new(1.0).with_clock(clock.clone());
        let found: Vec<Decision> = (0..5)
            .map(|_| {
                let decision = decide(&sampler, HIGH);
                clock.advance(Duration::from_millis(250));
                decision
            })
            .collect();
        let kept = |probability| Decision::Keep { probability: Some(probability), reason: "rate_limit" };
        let dropped = Decision::Drop { reason: "rate_limit" };
        assert_eq!(found, [kept(1.0), dropped, dropped, dropped, kept(0.25)]);
    }

    /// After a share of a half, each counts for two: one kept and one dropped make 2 + 2 = 4.
    #[test]
    fn weights_of_the_inner_sampler_add_up_and_its_drops_cost_no_credit() {
        let clock = ManualClock::new();
        let sampler = RateLimited::of(Ratio::new(0.5), 1.0).with_clock(clock.clone());
        assert_eq!(decide(&sampler, LOW), Decision::Drop { reason: "ratio" });
        assert_eq!(decide(&sampler, HIGH), Decision::Keep { probability: Some(0.5), reason: "rate_limit" });
        assert_eq!(decide(&sampler, HIGH), Decision::Drop { reason: "rate_limit" });
        clock.advance(Duration::from_secs(1));
        assert_eq!(decide(&sampler, HIGH), Decision::Keep { probability: Some(0.25), reason: "rate_limit" });
    }

    #[test]
    fn the_guarantee_keeps_what_the_share_does_not_and_both_are_debited() {
        let clock = ManualClock::new();
        let sampler = GuaranteedThroughput::new(0.5, 1.0).with_clock(clock.clone());
        let by_share = Decision::Keep { probability: Some(0.5), reason: "ratio" };
        let by_guarantee = Decision::Keep { probability: None, reason: "lowerbound" };
        assert_eq!(decide(&sampler, HIGH), by_share);
        assert_eq!(
            decide(&sampler, LOW),
            Decision::Drop { reason: "ratio" },
            "the share has used the credit"
        );
        clock.advance(Duration::from_secs(1));
        assert_eq!(decide(&sampler, LOW), by_guarantee);
        assert_eq!(decide(&sampler, LOW), Decision::Drop { reason: "ratio" });
        assert_eq!(decide(&sampler, HIGH), by_share, "without a credit too");
    }
}
