//! The clock for waits and handling times.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock: the processor's counter, a function, or a clock that a test sets.
///
/// If the clock goes back, durations are zero. They are never too long.
#[derive(Clone)]
pub struct MetricsClock(Source);

#[derive(Clone)]
enum Source {
    /// `anchor` is a reading in the processor's own unit, `wall` the time of it, and `scale` the nanoseconds of 2⁴⁰ units.
    Processor {
        clock: quanta::Clock,
        anchor: u64,
        scale: u64,
        wall: u64,
    },
    Custom {
        read: Arc<dyn Fn() -> Duration + Send + Sync>,
        wall: u64,
    },
    Manual(Arc<AtomicU64>),
}

/// The first reading. Zero means no time.
const FIRST: u64 = 1;

/// The binary logarithm of the units that `scale` belongs to.
const SCALE_SHIFT: u32 = 40;

/// The last reading. A send has room for sixty bits of it, which are thirty-six years.
const LAST: u64 = (1 << 60) - 1;

impl MetricsClock {
    /// Creates a clock that reads the processor's counter if it is stable, and otherwise the system's monotonic clock.
    pub fn processor() -> Self {
        let wall = nanos(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        let clock = quanta::Clock::new();
        let scale = clock.delta_as_nanos(0, 1 << SCALE_SHIFT);
        Self(Source::Processor { anchor: clock.raw(), clock, scale, wall })
    }

    /// Creates a clock that calls a function, such as the clock of a simulation.
    ///
    /// The function returns the time since the Unix epoch, or since another moment. It is called up to three times for each
    /// message, on the threads of the actors, and must not block. A time before the creation of the clock counts as the time
    /// of its creation.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced_actor_metrics::MetricsClock;
    ///
    /// let clock = MetricsClock::custom(|| Duration::from_secs(1));
    /// # let _ = clock;
    /// ```
    pub fn custom(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Source::Custom { wall: nanos(read()), read: Arc::new(read) })
    }

    /// Creates a clock that stands still until it is advanced.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced_actor_metrics::MetricsClock;
    ///
    /// let clock = MetricsClock::manual();
    /// clock.advance(Duration::from_secs(60));
    /// ```
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(FIRST))))
    }

    /// Advances a manual clock and its clones. Does nothing for any other clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            let advanced = |now: u64| Some(now.saturating_add(nanos(by)).min(LAST));
            // The closure always returns a time.
            let _ = now.fetch_update(Relaxed, Relaxed, advanced);
        }
    }

    /// Returns the nanoseconds since the clock was created, but at least one.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "centuries of nanoseconds")]
    pub(crate) fn now(&self) -> u64 {
        match &self.0 {
            Source::Processor { clock, anchor, scale, .. } => {
                let units = clock.raw().saturating_sub(*anchor);
                FIRST + ((u128::from(units) * u128::from(*scale)) >> SCALE_SHIFT) as u64
            }
            Source::Custom { read, wall } => {
                nanos(read()).saturating_sub(*wall).saturating_add(FIRST).min(LAST)
            }
            Source::Manual(now) => now.load(Relaxed),
        }
    }

    /// Returns the seconds since the Unix epoch at a moment of this clock.
    #[expect(clippy::cast_precision_loss, reason = "a time in seconds has digits enough")]
    pub(crate) fn unix_seconds(&self, at: u64) -> f64 {
        let start = match &self.0 {
            Source::Processor { wall, .. } | Source::Custom { wall, .. } => *wall,
            Source::Manual(_) => 0,
        };
        start.saturating_add(at) as f64 / 1e9
    }
}

impl fmt::Debug for MetricsClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Processor { .. } => "MetricsClock::Processor",
            Source::Custom { .. } => "MetricsClock::Custom",
            Source::Manual(_) => "MetricsClock::Manual",
        })
    }
}

/// Returns the whole nanoseconds, capped at `u64::MAX`.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(duration.subsec_nanos()))
}
