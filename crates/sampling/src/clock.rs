//! A clock for samplers that watch a rate. A simulation provides its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use traced_actor::context::Timestamp;

/// Returns the current time to samplers that watch a rate. A function `fn() -> Timestamp` is a clock, too.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    ///
    /// If it is earlier than a time returned before, the samplers use the earlier reading instead.
    fn now(&self) -> Timestamp;
}

/// The clock of the process, [`Timestamp::now`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that is set by hand, for simulations and tests. Its clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use traced_actor_sampling::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().since(before), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Creates a clock that shows a fixed time after the epoch.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_000_000_000_000_000_000)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Relaxed);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.load(Relaxed))
    }
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}
