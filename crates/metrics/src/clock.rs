//! The clock for waits and handling times.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock: the processor's, or one that a test sets.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Processor { anchor: fastant::Instant, wall: u64 },
    Manual(Arc<AtomicU64>),
}

/// The first reading. Zero means no time.
const FIRST: u64 = 1;

impl Clock {
    /// Creates a clock that reads the processor's counter if it is stable, and otherwise the system's clock.
    pub fn processor() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Source::Processor { anchor: fastant::Instant::now(), wall: nanos(wall) })
    }

    /// Creates a clock that stands still until it is advanced.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced_actor_metrics::Clock;
    ///
    /// let clock = Clock::manual();
    /// clock.advance(Duration::from_secs(60));
    /// ```
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(FIRST))))
    }

    /// Advances a manual clock and its clones. Does nothing for any other clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(nanos(by), Relaxed);
        }
    }

    /// Returns the nanoseconds since the clock was created, but at least one.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match &self.0 {
            Source::Processor { anchor, .. } => FIRST + nanos(anchor.elapsed()),
            Source::Manual(now) => now.load(Relaxed),
        }
    }

    /// Returns the seconds since the Unix epoch at a moment of this clock.
    #[expect(clippy::cast_precision_loss, reason = "a time in seconds has digits enough")]
    pub(crate) fn unix_seconds(&self, at: u64) -> f64 {
        let start = match &self.0 {
            Source::Processor { wall, .. } => *wall,
            Source::Manual(_) => 0,
        };
        start.saturating_add(at) as f64 / 1e9
    }
}

/// Returns the whole nanoseconds, capped at `u64::MAX`.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(duration.subsec_nanos()))
}
