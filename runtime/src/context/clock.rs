//! Timestamps that never run backwards within a process, and that follow the wall clock.

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time: nanoseconds since the Unix epoch.
///
/// The first reading in a process pairs the monotonic clock with the wall clock. Every later reading adds the monotonic
/// time since then, so a span never ends before it starts. If the wall clock is set while the process runs, the first
/// span of each later trace in the process measures the difference between the two clocks. The times of that trace are
/// then moved by this difference.
///
/// # Cost
///
/// Reading the time calls `Instant::now` once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(NonZeroU64); // so that one that may be missing takes no more room

impl Timestamp {
    /// Returns the current time.
    pub fn now() -> Self {
        static ANCHOR: OnceLock<(Instant, u64)> = OnceLock::new();
        let (instant, wall) = ANCHOR.get_or_init(|| {
            let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            (Instant::now(), nanos(wall))
        });
        // `as_nanos` returns 128 bits. These 64 bits are enough for 584 years of uptime.
        let elapsed = instant.elapsed();
        let elapsed =
            elapsed.as_secs().saturating_mul(1_000_000_000).saturating_add(elapsed.subsec_nanos().into());
        Self::from_unix_nanos(wall.saturating_add(elapsed))
    }

    /// Creates a timestamp from nanoseconds since the Unix epoch. Zero becomes one, since zero is reserved.
    pub const fn from_unix_nanos(nanos: u64) -> Self {
        match NonZeroU64::new(nanos) {
            Some(nanos) => Self(nanos),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// Returns the nanoseconds since the Unix epoch.
    pub const fn unix_nanos(self) -> u64 {
        self.0.get()
    }

    /// Returns this moment as read from `clock`.
    pub(crate) const fn on(self, clock: WallClock) -> Self {
        if clock.0 == WallClock::UNKNOWN.0 {
            self
        } else {
            Self::from_unix_nanos(self.0.get().saturating_add_signed(clock.0))
        }
    }

    /// Returns the duration since `earlier`, or zero if `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }
}

/// The difference between the wall clock and this process's [`Timestamp`]s, in nanoseconds.
///
/// It is measured when a trace enters the process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct WallClock(i64);

impl WallClock {
    /// A difference that has not been measured yet.
    pub(crate) const UNKNOWN: Self = Self(i64::MIN);

    /// Returns the clock of a span that starts now: its parent's, if a span of this process has read it.
    pub(crate) fn of_child(parent: Option<Self>, now: Timestamp) -> Self {
        parent.filter(|parent| *parent != Self::UNKNOWN).unwrap_or_else(|| Self::read(now))
    }

    fn read(now: Timestamp) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos);
        // Both values fit: the difference is at most the age of the epoch.
        Self(i64::try_from(i128::from(wall) - i128::from(now.unix_nanos())).unwrap_or(0))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_nanos(timestamp.unix_nanos())
    }
}

/// Returns the duration in whole nanoseconds, capped at `u64::MAX` (the year 2554).
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
