//! What recording costs: some passes of its path are timed, and count for all.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::context::random_below;

/// One in how many is timed, on average; zero for none.
static PERIOD: AtomicU32 = AtomicU32::new(0);
/// Nanoseconds, for all passes.
static SPENT: AtomicU64 = AtomicU64::new(0);
/// What reading the clock twice takes.
static READING: AtomicU64 = AtomicU64::new(0);

/// A pass that takes longer was waiting for the processor, or for a lock.
const MOST: u64 = 20_000;

thread_local! {
    /// Passes until the next one that is timed.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// A pass of the recording path, until it is dropped.
#[must_use]
pub(crate) struct Timing(Option<Instant>);

/// Times what follows, now and then. One load where no governor runs.
#[inline]
pub(crate) fn time() -> Timing {
    let period = PERIOD.load(Relaxed);
    if period == 0 { Timing(None) } else { now_and_then(period) }
}

#[cold]
fn now_and_then(period: u32) -> Timing {
    let left = LEFT.get();
    if left > 0 {
        LEFT.set(left - 1);
        return Timing(None);
    }
    // From 0 to 2·(period − 1) others before the next: period − 1 on average, at random, so that passes that come in
    // turns (a start, an end) have the same chance.
    LEFT.set(u32::try_from(random_below(u64::from(period) * 2 - 1)).unwrap_or(period));
    Timing(Some(Instant::now()))
}

impl Drop for Timing {
    #[inline]
    fn drop(&mut self) {
        if let Some(began) = self.0 {
            add(began.elapsed());
        }
    }
}

#[cold]
fn add(took: Duration) {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).min(MOST);
    let own = nanos.saturating_sub(READING.load(Relaxed));
    SPENT.fetch_add(own * u64::from(PERIOD.load(Relaxed)), Relaxed);
}

pub(super) fn switch_on(period: u32) {
    // The least of many, for the others were interrupted.
    let reading = (0..1000).map(|_| Instant::now().elapsed().as_nanos()).min().unwrap_or(0);
    READING.store(u64::try_from(reading).unwrap_or(0), Relaxed);
    PERIOD.store(period, Relaxed);
}

pub(super) fn switch_off() {
    PERIOD.store(0, Relaxed);
}

/// So far.
pub(super) fn spent() -> Duration {
    Duration::from_nanos(SPENT.load(Relaxed))
}
