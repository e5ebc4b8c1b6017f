//! A rate limit with bursts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::context::Timestamp;

/// Limits an average rate per second, and the size of bursts.
///
/// Credits are added at a constant rate, up to the size of a burst. The limit starts with a full burst. These are the
/// rules of Jaeger's clients ([`RateLimiter`][jaeger]), except that a rate of zero never allows anything.
///
/// The state is one atomic word: the time at which all spent credits will have been added again. This is ATM's generic
/// cell rate algorithm. The time is not rounded to seconds, because a limit that is checked often would then never
/// fill.
///
/// The current time is an argument. Takes no lock.
///
/// ```
/// use traced_actor::context::Timestamp;
/// use traced_actor::sampling::RateLimit;
///
/// let limit = RateLimit::new(2.0, 1); // two a second, one at once
/// let at = |milliseconds: u64| Timestamp::from_unix_nanos(1_000_000 * (1_000_000 + milliseconds));
/// assert!(limit.allow(at(0)));
/// assert!(!limit.allow(at(499)));
/// assert!(limit.allow(at(500)));
/// ```
///
/// [jaeger]: https://github.com/jaegertracing/jaeger-client-go/blob/master/utils/rate_limiter.go
#[derive(Debug)]
pub struct RateLimit {
    /// The number of credits that are added per second.
    rate: f64,
    /// The maximum number of credits.
    burst: f64,
    /// The nanoseconds until one credit is added, or `u64::MAX` for never.
    interval: u64,
    /// The nanoseconds until all but one of the credits are added.
    tolerance: u64,
    /// The time at which it is full again.
    full_at: AtomicU64,
}

impl RateLimit {
    /// Creates a limit of `per_second` on average and `burst` at once.
    ///
    /// A burst of zero counts as one. A rate that is zero, negative or NaN allows nothing.
    pub fn new(per_second: f64, burst: u32) -> Self {
        Self::with_burst(per_second, f64::from(burst.max(1)))
    }

    /// Creates a limit of `rate` per second, with bursts of the same size, but at least one.
    pub fn per_second(rate: f64) -> Self {
        Self::with_burst(rate, rate.max(1.0))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a float that is too great for the integer becomes the greatest, which is what is meant"
    )]
    fn with_burst(rate: f64, burst: f64) -> Self {
        let rate = if rate > 0.0 { rate } else { 0.0 };
        let interval = if rate > 0.0 { (1e9 / rate).round().max(1.0) as u64 } else { u64::MAX };
        let tolerance = ((burst - 1.0) * interval as f64).round() as u64;
        Self { rate, burst, interval, tolerance, full_at: AtomicU64::new(0) }
    }

    /// Spends a credit and returns `true`, or returns `false` if there is none. A time in the past adds no credits.
    pub fn allow(&self, now: Timestamp) -> bool {
        if self.interval == u64::MAX {
            return false;
        }
        let now = now.unix_nanos();
        let next = |full_at: u64| {
            let start = full_at.max(now);
            (start - now <= self.tolerance).then(|| start.saturating_add(self.interval))
        };
        self.full_at.fetch_update(Relaxed, Relaxed, next).is_ok()
    }

    /// Fills this limit to the same share of its credits as `other`, and returns it.
    ///
    /// Use it for a limit that replaces another one. If the new limit were full, every process that gets a new setting
    /// would spend a whole burst at once.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and capped")]
    pub fn as_full_as(mut self, other: &Self, now: Timestamp) -> Self {
        if self.rate > 0.0 {
            let missing = (1.0 - other.filled(now)) * self.burst * 1e9 / self.rate;
            *self.full_at.get_mut() = now.unix_nanos().saturating_add(missing.round() as u64);
        }
        self
    }

    /// Returns its share of the maximum credits, from 0 (none) to 1 (full).
    #[expect(clippy::cast_precision_loss, reason = "a share of a second, to the microsecond")]
    fn filled(&self, now: Timestamp) -> f64 {
        let missing = self.full_at.load(Relaxed).saturating_sub(now.unix_nanos());
        1.0 - (missing as f64 * self.rate / 1e9 / self.burst).min(1.0)
    }

    /// Returns the average rate per second.
    pub const fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_unix_nanos(1_000_000_000_000_000_000 + milliseconds * 1_000_000)
    }

    /// Two a second: 2 at once, then one every 500 ms.
    #[test]
    fn it_starts_full_and_refills_by_the_fraction() {
        let bucket = RateLimit::per_second(2.0);
        let allowed: Vec<bool> =
            [0, 0, 0, 499, 500, 999, 1000].into_iter().map(|time| bucket.allow(at(time))).collect();
        assert_eq!(allowed, [true, true, false, false, true, false, true]);
    }

    /// Under the rule of opentelemetry-rust 0.32 the same traffic keeps one.
    #[test]
    fn steady_traffic_faster_than_the_rate_does_not_starve() {
        let bucket = RateLimit::per_second(1.0);
        // Ten calls a second for a minute: at 0 s, and at each of the 59 following seconds.
        assert_eq!((0..600).filter(|i| bucket.allow(at(i * 100))).count(), 60);
    }

    /// One a minute holds one credit, not a sixtieth of one.
    #[test]
    fn a_rate_below_one_holds_one_credit() {
        let bucket = RateLimit::per_second(1.0 / 60.0);
        assert!(bucket.allow(at(0)));
        assert!(!bucket.allow(at(59_999)));
        assert!(bucket.allow(at(60_001)));
        assert!(bucket.allow(at(600_000)));
        assert!(!bucket.allow(at(600_001)), "nine minutes of waiting do not add up");
    }

    /// Whole nanoseconds do not cost a credit: a sixth of a second is none.
    #[test]
    fn every_whole_rate_gives_as_many_at_once() {
        for rate in 1..=100_u8 {
            let bucket = RateLimit::per_second(f64::from(rate));
            assert_eq!((0..200).filter(|_| bucket.allow(at(0))).count(), usize::from(rate));
        }
    }

    #[test]
    fn no_rate_gives_nothing() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(!RateLimit::per_second(rate).allow(at(0)), "{rate}");
        }
    }

    /// 10 a second with 4 of 10 credits left → 5 a second: 4/10 · 5 = 2 credits.
    #[test]
    fn a_new_rate_keeps_the_share_that_is_left() {
        let bucket = RateLimit::per_second(10.0);
        (0..6).for_each(|_| assert!(bucket.allow(at(0))));
        let resized = RateLimit::per_second(5.0).as_full_as(&bucket, at(0));
        let taken: Vec<bool> = (0..3).map(|_| resized.allow(at(0))).collect();
        assert_eq!(taken, [true, true, false]);
        assert!(!RateLimit::per_second(0.0).as_full_as(&bucket, at(0)).allow(at(0)));
    }
}
