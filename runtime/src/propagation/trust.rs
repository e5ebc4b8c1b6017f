//! What of a context from outside is believed, and how often.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::context::Timestamp;

/// What an [`Edge`](super::Edge) believes of a context that arrives.
///
/// | | ids | sampled flag | `tracestate` of others | our weight, hops | baggage |
/// |---|---|---|---|---|---|
/// | `Ignore` | no | no | no | no | no |
/// | `Ids` | yes | no: we decide | yes | no: our own | no |
/// | `Full` | yes | yes | yes | yes | yes |
///
/// The same holds of an envelope off the wire, behind [`Edge::accept_envelope`](super::Edge::accept_envelope); a codec
/// alone believes everything.
///
/// [Tags](super::Edge::forced_by) are looked at with `Full` alone. A sampler that decides by the trace's randomness
/// can be led by a sender that chooses its ids: put a `RateLimited` (of the crate `traced-actor-sampling`) around it where
/// strangers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Trust {
    /// Nothing: what arrives starts here.
    Ignore,
    /// The trace goes on, and our own sampler decides about it, as about a root.
    Ids,
    /// Everything, within the bounds.
    #[default]
    Full,
}

/// How often something may happen: so many times a second on average, and so many at once.
///
/// The time is an argument, and a whole number of nanoseconds: there is no rounding to seconds, under which a
/// bucket that is asked often never fills. One atomic word, no lock (the generic cell rate algorithm of ATM).
///
/// ```
/// use traced_actor::context::Timestamp;
/// use traced_actor::propagation::RateLimit;
///
/// let limit = RateLimit::new(2.0, 1); // two a second, one at once
/// let at = |milliseconds: u64| Timestamp::from_unix_nanos(1_000_000 * (1_000_000 + milliseconds));
/// assert!(limit.allow(at(0)));
/// assert!(!limit.allow(at(499)));
/// assert!(limit.allow(at(500)));
/// ```
#[derive(Debug)]
pub struct RateLimit {
    /// Nanoseconds that one event uses up; `u64::MAX` allows none.
    interval: u64,
    /// Nanoseconds by which events may be ahead of the average.
    tolerance: u64,
    /// When, at the average rate, the events so far are used up.
    used_until: AtomicU64,
}

impl RateLimit {
    /// At most `per_second` on average and `burst` at once (zero counts as one). A rate of zero or less, or none
    /// that is a number, allows nothing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is too great for the integer becomes the greatest, which is what is meant"
    )]
    pub fn new(per_second: f64, burst: u32) -> Self {
        let interval = if per_second > 0.0 { (1e9 / per_second).ceil() as u64 } else { u64::MAX };
        let tolerance = interval.saturating_mul(u64::from(burst.max(1) - 1));
        Self { interval, tolerance, used_until: AtomicU64::new(0) }
    }

    /// Whether it may happen now; if so, it counts. A time before an earlier one adds nothing.
    pub fn allow(&self, now: Timestamp) -> bool {
        if self.interval == u64::MAX {
            return false;
        }
        let now = now.unix_nanos();
        let next = |used_until: u64| {
            let start = used_until.max(now);
            (start - now <= self.tolerance).then(|| start.saturating_add(self.interval))
        };
        self.used_until.fetch_update(Relaxed, Relaxed, next).is_ok()
    }
}
