//! Time that never runs backwards within a process, and how it follows the wall clock.

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time: nanoseconds since the Unix epoch.
///
/// One anchor pairs the monotonic clock with the wall clock when the process first asks; every later reading
/// is the anchor plus the monotonic distance. So the end of a span is never before its start. A wall clock that is set while
/// the process runs is followed by the first span of each trace in the process, and by those below it: their times are
/// moved by what the two clocks were apart then.
///
/// Cost: one `Instant::now`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(NonZeroU64); // so that one that may be missing takes no more room

impl Timestamp {
    /// The time now.
    pub fn now() -> Self {
        static ANCHOR: OnceLock<(Instant, u64)> = OnceLock::new();
        let (instant, wall) = ANCHOR.get_or_init(|| {
            let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            (Instant::now(), nanos(wall))
        });
        // `as_nanos` has 128 bits; these two are enough for 584 years of running.
        let elapsed = instant.elapsed();
        let elapsed =
            elapsed.as_secs().saturating_mul(1_000_000_000).saturating_add(elapsed.subsec_nanos().into());
        Self::from_unix_nanos(wall.saturating_add(elapsed))
    }

    /// The time this many nanoseconds after the Unix epoch. The epoch itself is taken for one nanosecond later.
    pub const fn from_unix_nanos(nanos: u64) -> Self {
        match NonZeroU64::new(nanos) {
            Some(nanos) => Self(nanos),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn unix_nanos(self) -> u64 {
        self.0.get()
    }

    /// The same moment as this wall clock has it.
    pub(crate) const fn on(self, clock: WallClock) -> Self {
        if clock.0 == WallClock::UNKNOWN.0 {
            self
        } else {
            Self::from_unix_nanos(self.0.get().saturating_add_signed(clock.0))
        }
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }
}

/// How far the wall clock was from this process's [`Timestamp`]s when a trace came into the process, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct WallClock(i64);

impl WallClock {
    /// Nobody has looked yet.
    pub(crate) const UNKNOWN: Self = Self(i64::MIN);

    /// Returns the clock of a span that starts now: its parent's, if a span of this process looked at it.
    pub(crate) fn of_child(parent: Option<Self>, now: Timestamp) -> Self {
        parent.filter(|parent| *parent != Self::UNKNOWN).unwrap_or_else(|| Self::read(now))
    }

    fn read(now: Timestamp) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos);
        // Both fit: the difference is at most the age of the epoch.
        Self(i64::try_from(i128::from(wall) - i128::from(now.unix_nanos())).unwrap_or(0))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_nanos(timestamp.unix_nanos())
    }
}

/// Whole nanoseconds, capped at `u64::MAX` (the year 2554).
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
