//! Fixed numbers per second: dynsampler's `PerKeyThroughput`, `TotalThroughput` and `WindowedThroughput`.

use std::collections::VecDeque;
use std::time::Duration;

use super::core::whole;
use super::table::{KeyCounts, KeyRates, Rule, Update};

/// Keeps a number of events per second for each key: r = max(1, count / (n · interval)).
#[derive(Debug, Clone)]
pub struct PerKeyThroughput {
    per_second: f64,
    interval: Duration,
}

impl PerKeyThroughput {
    /// Creates a rule that keeps `per_second` events per second for each key (dynsampler's default is 10).
    ///
    /// The intervals are 30 s long by default.
    pub const fn new(per_second: f64) -> Self {
        Self { per_second, interval: Duration::from_secs(30) }
    }

    /// Sets the length of the intervals. The default is 30 s.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }
}

impl Rule for PerKeyThroughput {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn update(&mut self, counts: KeyCounts) -> Update {
        by_key(counts, (self.per_second * self.interval.as_secs_f64()).floor())
    }
}

/// Keeps a number of events per second in total, in equal parts for each key.
///
/// The rate of a key is r = max(1, count / max(1, n · interval / keys)). Use it with fewer keys than ten times the
/// goal.
#[derive(Debug, Clone)]
pub struct TotalThroughput {
    per_second: f64,
    interval: Duration,
}

impl TotalThroughput {
    /// Creates a rule that keeps `per_second` events per second (dynsampler's default is 100).
    ///
    /// The intervals are 30 s long by default.
    pub const fn new(per_second: f64) -> Self {
        Self { per_second, interval: Duration::from_secs(30) }
    }

    /// Sets the length of the intervals. The default is 30 s.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }
}

impl Rule for TotalThroughput {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn update(&mut self, counts: KeyCounts) -> Update {
        let goal = self.per_second * self.interval.as_secs_f64();
        let part = (goal / number(counts.len())).max(1.0).floor();
        by_key(counts, part)
    }
}

/// Keeps a number of events per second in total, like [`TotalThroughput`], over a moving window.
///
/// Events of an unknown key are kept. dynsampler returns the rate 0 for them, which its users must interpret.
#[derive(Debug, Clone)]
pub struct WindowedThroughput {
    per_second: f64,
    update: Duration,
    look_back: u32,
    intervals: VecDeque<KeyCounts>,
}

impl WindowedThroughput {
    /// Creates a rule that keeps `per_second` events per second (dynsampler's default is 100).
    ///
    /// The rates are updated every second and look back 30 s by default.
    pub const fn new(per_second: f64) -> Self {
        let intervals = VecDeque::new();
        Self { per_second, update: Duration::from_secs(1), look_back: 30, intervals }
    }

    /// Sets how often the rates are updated, and how many updates they look back. Zero counts as one.
    #[must_use]
    pub const fn every(mut self, update: Duration, look_back: u32) -> Self {
        self.update = update;
        self.look_back = if look_back == 0 { 1 } else { look_back };
        self
    }
}

impl Rule for WindowedThroughput {
    fn interval(&self) -> Duration {
        self.update
    }

    fn update(&mut self, counts: KeyCounts) -> Update {
        self.intervals.push_back(counts);
        while self.intervals.len() > self.look_back as usize {
            self.intervals.pop_front();
        }
        let mut sum = KeyCounts::new();
        for (key, count) in self.intervals.iter().flatten() {
            *sum.entry(key.clone()).or_default() += count;
        }
        let goal = self.per_second * self.update.as_secs_f64() * f64::from(self.look_back);
        let part = (goal / number(sum.len())).max(1.0);
        by_key(sum, part)
    }

    fn idle_intervals(&self) -> u64 {
        u64::from(self.look_back)
    }
}

/// Returns a rate of count / part for each key, rounded down, and at least 1.
fn by_key(counts: KeyCounts, part: f64) -> Update {
    let rate = |count: f64| whole((count / part.max(1.0)).max(1.0));
    Update::Rates(counts.into_iter().map(|(key, count)| (key, rate(count))).collect::<KeyRates>())
}

fn number(keys: usize) -> f64 {
    f64::from(u32::try_from(keys).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{counts, expected};
    use super::*;

    /// 10 a second in 30 s: 300 of each key. 3000/300 = 10, 700/300 = 2.33 → 2, 299/300 < 1 → 1.
    #[test]
    fn each_key_has_the_throughput() {
        let counts = counts(&[("a", 3000.0), ("b", 700.0), ("c", 299.0)]);
        assert_eq!(PerKeyThroughput::new(10.0).update(counts), expected(&[("a", 10), ("b", 2), ("c", 1)]));
    }

    /// 100 a second in 30 s, three keys: 1000 of each. 25,000/1000 = 25, 1999/1000 → 1.
    /// 1 a second in 1 s, three keys: max(1, 1/3) = 1 of each.
    #[test]
    fn the_throughput_is_shared_in_equal_parts() {
        let busy = counts(&[("a", 25_000.0), ("b", 1999.0), ("c", 5.0)]);
        assert_eq!(TotalThroughput::new(100.0).update(busy), expected(&[("a", 25), ("b", 1), ("c", 1)]));
        let mut rule = TotalThroughput::new(1.0).every(Duration::from_secs(1));
        assert_eq!(
            rule.update(counts(&[("a", 7.0), ("b", 2.0), ("c", 1.0)])),
            expected(&[("a", 7), ("b", 2), ("c", 1)])
        );
        assert_eq!(rule.update(KeyCounts::new()), expected(&[]));
    }

    /// 5 a second, three updates of 1 s: 15 in all. a: 60 → 60/15 = 4. With b: 15/2 = 7.5 each, a 120/7.5 = 16,
    /// b 20/7.5 = 2.67 → 2. Then two idle updates: a has 60, b 20 → 8 and 2; then b alone 20/15 → 1; then nothing.
    #[test]
    fn the_window_slides() {
        let mut rule = WindowedThroughput::new(5.0).every(Duration::from_secs(1), 3);
        assert_eq!(rule.update(counts(&[("a", 60.0)])), expected(&[("a", 4)]));
        assert_eq!(rule.update(counts(&[("a", 60.0), ("b", 20.0)])), expected(&[("a", 16), ("b", 2)]));
        assert_eq!(rule.update(KeyCounts::new()), expected(&[("a", 16), ("b", 2)]));
        assert_eq!(rule.update(KeyCounts::new()), expected(&[("a", 8), ("b", 2)]));
        assert_eq!(rule.update(KeyCounts::new()), expected(&[]));
    }
}
