//! A clock that reads the processor's counter, and follows the clock of the process.
//!
//! `quanta` reads the counter. This module converts it, because `quanta` calibrates once and then drifts. A straight
//! line maps ticks to nanoseconds. About once a second, another line continues at its end, with a slope that leads back
//! to [`Timestamp::now`]. So times never run backwards.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::thread;
use std::time::Duration;

use traced_actor::context::Timestamp;

/// The number of lines that are kept, for threads that are interrupted while they read one.
const LINES: usize = 16;
/// The nanoseconds in which an error is corrected.
const SETTLES: i128 = 1_000_000_000;

pub(crate) struct TickClock {
    ticks: quanta::Clock,
    lines: [Line; LINES],
    /// The number of earlier lines.
    current: AtomicUsize,
    /// A tick and the process clock's time at that tick, from which the slope is measured.
    before: [AtomicU64; 2],
}

/// The time at a tick, and the nanoseconds per tick, in units of 2⁻³².
#[derive(Default)]
struct Line {
    tick: AtomicU64,
    time: AtomicU64,
    slope: AtomicU64,
}

impl Line {
    #[inline]
    fn time_of(&self, tick: u64) -> u64 {
        let ticks = u128::from(tick.saturating_sub(self.tick.load(Acquire)));
        #[expect(clippy::cast_possible_truncation, reason = "nanoseconds of centuries")]
        let nanos = ((ticks * u128::from(self.slope.load(Acquire))) >> 32) as u64;
        self.time.load(Acquire).saturating_add(nanos)
    }
}

impl TickClock {
    /// Creates a clock. Waits for some milliseconds, to measure the counter.
    pub(crate) fn new() -> Self {
        let ticks = quanta::Clock::new();
        let first = pair(&ticks);
        thread::sleep(Duration::from_millis(10));
        let second = pair(&ticks);
        let clock = Self {
            ticks,
            lines: Default::default(),
            current: AtomicUsize::new(0),
            before: second.map(AtomicU64::new),
        };
        clock.lines[0].tick.store(second[0], Relaxed);
        clock.lines[0].time.store(second[1], Relaxed);
        clock.lines[0].slope.store(slope(first, second), Relaxed);
        clock
    }

    /// Returns the current time.
    #[inline]
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.time_of(self.ticks.raw()))
    }

    #[inline]
    fn time_of(&self, tick: u64) -> u64 {
        loop {
            let current = self.current.load(Acquire);
            let time = self.lines[current % LINES].time_of(tick);
            // The place is only reused after all other places were.
            if self.current.load(Relaxed).wrapping_sub(current) < LINES - 1 {
                return time;
            }
        }
    }

    /// Measures the counter, and continues with a line that leads to the clock of the process. Called once a second.
    pub(crate) fn follow(&self) {
        let before = [self.before[0].load(Relaxed), self.before[1].load(Relaxed)];
        let now = pair(&self.ticks);
        if now[0] <= before[0] || now[1] <= before[1] {
            return;
        }
        self.before[0].store(now[0], Relaxed);
        self.before[1].store(now[1], Relaxed);
        let (line, measured) = next_line(self.time_of(now[0]), now[1], slope(before, now));
        let current = self.current.load(Relaxed);
        let next = &self.lines[(current + 1) % LINES];
        next.tick.store(now[0], Release);
        next.time.store(line, Release);
        next.slope.store(measured, Release);
        self.current.store(current + 1, Release);
    }
}

/// Returns the start of the next line, and its slope, if this clock says `ours` and the other one says `theirs`.
fn next_line(ours: u64, theirs: u64, slope: u64) -> (u64, u64) {
    let error = i128::from(ours) - i128::from(theirs);
    if error < -SETTLES {
        // The machine or this thread slept.
        return (theirs, slope);
    }
    // At most half of the slope, so that time always advances.
    let error = error.min(SETTLES / 2);
    let corrected = i128::from(slope) * (SETTLES - error) / SETTLES;
    (ours, u64::try_from(corrected).unwrap_or(slope))
}

fn slope([first, start]: [u64; 2], [second, end]: [u64; 2]) -> u64 {
    let nanos = u128::from(end.saturating_sub(start)) << 32;
    u64::try_from(nanos / u128::from(second.saturating_sub(first).max(1))).unwrap_or(1 << 32)
}

/// Returns a tick and the time at that tick: the best of several readings.
fn pair(ticks: &quanta::Clock) -> [u64; 2] {
    let read = || {
        let before = ticks.raw();
        let time = Timestamp::now().unix_nanos();
        let after = ticks.raw();
        (after.saturating_sub(before), [before + after.saturating_sub(before) / 2, time])
    };
    let best = (0..10).map(|_| read()).min_by_key(|(width, _)| *width);
    best.map_or([0, 1], |(_, pair)| pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOPE: u64 = 1 << 32;

    #[test]
    fn an_error_is_gone_after_a_second_and_time_goes_on() {
        for error in [0, 1_000, 400_000_000] {
            for (ours, theirs) in
                [(2_000_000_000 + error, 2_000_000_000), (2_000_000_000, 2_000_000_000 + error)]
            {
                let (line, slope) = next_line(ours, theirs, SLOPE);
                assert_eq!(line, ours);
                let after = line + u64::try_from((1_000_000_000_u128 * u128::from(slope)) >> 32).unwrap();
                assert!(after.abs_diff(theirs + 1_000_000_000) <= 1, "{error}: {after}");
                assert!(after > line);
            }
        }
        let (line, slope) = next_line(9_000_000_000, 2_000_000_000, SLOPE);
        assert_eq!((line, slope), (9_000_000_000, SLOPE / 2));
        assert_eq!(next_line(2_000_000_000, 9_000_000_000, SLOPE), (9_000_000_000, SLOPE));
    }

    #[test]
    fn it_runs_forwards_beside_the_clock_of_the_process() {
        let clock = TickClock::new();
        let mut last = clock.now();
        for _ in 0..40 {
            clock.follow();
            for _ in 0..100 {
                let now = clock.now();
                assert!(now >= last);
                last = now;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let (before, ours, after) = (Timestamp::now(), clock.now(), Timestamp::now());
        let slack = Duration::from_millis(5);
        assert!(ours.since(after) < slack && before.since(ours) < slack, "{before:?} {ours:?} {after:?}");
    }
}
