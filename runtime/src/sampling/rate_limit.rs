//! A leaky bucket of credits that refills by the nanosecond.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use traced_actor::context::Timestamp;

/// Credits that come in at a constant rate, up to as many as come in a second, and at least one. It starts full.
///
/// These are the rules of Jaeger's clients ([`RateLimiter`][jaeger]), but for a rate of zero, which gives no credit,
/// not even the first. They are held in one atomic word, as in the generic cell rate algorithm: when, at this rate,
/// all credits spent so far will have come in again. There is no rounding to seconds, under which a bucket that is
/// asked often never fills.
///
/// [jaeger]: https://github.com/jaegertracing/jaeger-client-go/blob/master/utils/rate_limiter.go
#[derive(Debug)]
pub(super) struct Bucket {
    /// Credits a second.
    rate: f64,
    /// Nanoseconds in which a credit comes in; `u64::MAX` for never.
    interval: u64,
    /// Nanoseconds in which all but one of the credits come in.
    tolerance: u64,
    /// When it is full again.
    full_at: AtomicU64,
}

impl Bucket {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a float that is too great for the integer becomes the greatest, which is what is meant"
    )]
    pub(super) fn new(rate: f64) -> Self {
        let rate = if rate > 0.0 { rate } else { 0.0 };
        let interval = if rate > 0.0 { (1e9 / rate).round().max(1.0) as u64 } else { u64::MAX };
        let tolerance = ((size(rate) - 1.0) * interval as f64).round() as u64;
        Self { rate, interval, tolerance, full_at: AtomicU64::new(0) }
    }

    /// Spends a credit, if there is a whole one. A time before an earlier one adds nothing.
    pub(super) fn take(&self, now: Timestamp) -> bool {
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

    /// The share of its credits that it has, from 0 (none) to 1 (full).
    #[expect(clippy::cast_precision_loss, reason = "a share of a second, to the microsecond")]
    fn filled(&self, now: Timestamp) -> f64 {
        let missing = self.full_at.load(Relaxed).saturating_sub(now.unix_nanos());
        1.0 - (missing as f64 * self.rate / 1e9 / size(self.rate)).min(1.0)
    }

    /// A bucket of another rate that is as full as this one. If it were full, every process that a new strategy
    /// reaches would spend all of it at once.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and capped at the greatest"
    )]
    pub(super) fn resized(&self, rate: f64, now: Timestamp) -> Self {
        let mut new = Self::new(rate);
        if new.rate > 0.0 {
            let missing = (1.0 - self.filled(now)) * size(new.rate) * 1e9 / new.rate;
            *new.full_at.get_mut() = now.unix_nanos().saturating_add(missing.round() as u64);
        }
        new
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

/// How many credits it holds.
fn size(rate: f64) -> f64 {
    rate.max(1.0)
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
        let bucket = Bucket::new(2.0);
        let allowed: Vec<bool> =
            [0, 0, 0, 499, 500, 999, 1000].into_iter().map(|time| bucket.take(at(time))).collect();
        assert_eq!(allowed, [true, true, false, false, true, false, true]);
    }

    /// Under the rule of opentelemetry-rust 0.32 the same traffic keeps one.
    #[test]
    fn steady_traffic_faster_than_the_rate_does_not_starve() {
        let bucket = Bucket::new(1.0);
        // Ten calls a second for a minute: at 0 s, and at each of the 59 following seconds.
        assert_eq!((0..600).filter(|i| bucket.take(at(i * 100))).count(), 60);
    }

    /// One a minute holds one credit, not a sixtieth of one.
    #[test]
    fn a_rate_below_one_holds_one_credit() {
        let bucket = Bucket::new(1.0 / 60.0);
        assert!(bucket.take(at(0)));
        assert!(!bucket.take(at(59_999)));
        assert!(bucket.take(at(60_001)));
        assert!(bucket.take(at(600_000)));
        assert!(!bucket.take(at(600_001)), "nine minutes of waiting do not add up");
    }

    /// Whole nanoseconds do not cost a credit: a sixth of a second is none.
    #[test]
    fn every_whole_rate_gives_as_many_at_once() {
        for rate in 1..=100_u8 {
            let bucket = Bucket::new(f64::from(rate));
            assert_eq!((0..200).filter(|_| bucket.take(at(0))).count(), usize::from(rate));
        }
    }

    #[test]
    fn no_rate_gives_nothing() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(!Bucket::new(rate).take(at(0)), "{rate}");
        }
    }

    /// 10 a second with 4 of 10 credits left → 5 a second: 4/10 · 5 = 2 credits.
    #[test]
    fn a_new_rate_keeps_the_share_that_is_left() {
        let bucket = Bucket::new(10.0);
        (0..6).for_each(|_| assert!(bucket.take(at(0))));
        let resized = bucket.resized(5.0, at(0));
        let taken: Vec<bool> = (0..3).map(|_| resized.take(at(0))).collect();
        assert_eq!(taken, [true, true, false]);
        assert!(!bucket.resized(0.0, at(0)).take(at(0)));
    }
}
