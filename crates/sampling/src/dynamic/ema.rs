//! Rates by a moving average of the counts: dynsampler's `EMASampleRate` and `EMAThroughput`.

use std::time::Duration;

use super::core::{rates, whole};
use super::table::{KeyCounts, OwnedKey, Rule, Update};

/// The goal of [`Ema`].
#[derive(Debug, Clone, Copy, PartialEq)]
enum Goal {
    /// A rate: one event in this many.
    Rate(f64),
    /// A throughput in events per second.
    Throughput(f64),
}

/// Follows an exponential moving average of each key's count, so that rates change gradually.
///
/// At the end of an interval with events, average = w · count + (1 − w) · average. A key whose average falls below w is
/// forgotten. The goal is divided among the keys by the logarithm of the averages. An average below one counts as one.
/// An interval without events changes nothing.
///
/// Bursts are handled from the fourth interval on. If an interval receives more than twice as many events as the sum of
/// the averages, the rates are computed immediately and a new interval begins.
///
/// Until the first interval has ended, the rate of every key is the goal (for [`rate`](Self::rate)) or 10 (for
/// [`throughput`](Self::throughput)). After that, the rate of an unknown key is 1.
#[derive(Debug, Clone)]
pub struct Ema {
    goal: Goal,
    interval: Duration,
    weight: f64,
    burst: f64,
    averages: KeyCounts,
    burst_at: f64,
    intervals: u32,
    max_keys: usize,
}

/// The number of intervals before bursts are detected.
const BURST_DELAY: u32 = 3;

impl Ema {
    /// Creates dynsampler's `EMASampleRate`: one in `goal` on average (its default is 10).
    pub const fn rate(goal: f64) -> Self {
        Self::new(Goal::Rate(goal))
    }

    /// Creates dynsampler's `EMAThroughput`: `per_second` kept events per second (its default is 100).
    pub const fn throughput(per_second: f64) -> Self {
        Self::new(Goal::Throughput(per_second))
    }

    const fn new(goal: Goal) -> Self {
        Self {
            goal,
            interval: Duration::from_secs(15),
            weight: 0.5,
            burst: 2.0,
            averages: KeyCounts::new(),
            burst_at: f64::INFINITY,
            intervals: 0,
            max_keys: super::MAX_KEYS,
        }
    }

    /// Sets the length of the intervals. The default is 15 s.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the weight of the newest interval, between 0 and 1. The default is 0.5.
    #[must_use]
    pub const fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// Sets the multiple of the averages that counts as a burst. The default is 2. Infinity disables bursts.
    #[must_use]
    pub const fn burst(mut self, multiple: f64) -> Self {
        self.burst = multiple;
        self
    }

    /// Sets the maximum number of keys with their own average. The default is 1,000.
    ///
    /// All other keys share one average.
    #[must_use]
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self
    }

    fn average(&mut self, mut counts: KeyCounts) {
        let weight = self.weight;
        self.averages.retain(|key, average| {
            *average = weight * counts.remove(key).unwrap_or(0.0) + (1.0 - weight) * *average;
            *average >= weight
        });
        for (key, count) in counts {
            if count * weight >= weight {
                let has_room = self.averages.len() < self.max_keys;
                *self.averages.entry(if has_room { key } else { OwnedKey::Others }).or_default() +=
                    weight * count;
            }
        }
    }
}

impl Rule for Ema {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn first_rate(&self) -> u64 {
        match self.goal {
            Goal::Rate(goal) => whole(goal).max(1),
            Goal::Throughput(_) => 10,
        }
    }

    fn update(&mut self, counts: KeyCounts) -> Update {
        self.intervals = self.intervals.saturating_add(1);
        if counts.is_empty() {
            return Update::Stay;
        }
        self.average(counts);
        let events: f64 = self.averages.values().map(|average| average.max(1.0)).sum();
        self.burst_at = events * self.burst;
        let goal = match self.goal {
            Goal::Rate(goal) => events / goal,
            Goal::Throughput(per_second) => per_second * self.interval.as_secs_f64(),
        };
        Update::Rates(rates(&self.averages, goal))
    }

    fn idle_intervals(&self) -> u64 {
        u64::from(BURST_DELAY)
    }

    fn is_burst(&self, events: f64) -> bool {
        self.intervals >= BURST_DELAY && self.burst_at > 0.0 && events >= self.burst_at
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{counts, expected};
    use super::*;

    /// First interval: a 0.5 · 20 = 10, b 0.5 · 200 = 100, c 0.5 · 2000 = 1000. Goal 1110/10 = 111: as `Average`.
    /// Second, without a and c: a 5, b 0.5 · 200 + 50 = 150, c 500; 655 events, goal 65.5,
    /// Σ log₁₀ = 0.69897 + 2.17609 + 2.69897 = 5.57403, ratio 11.75092.
    /// a: share 8.21354, 5 ≤ it: 1, left 3.21354.
    /// b: share 25.57107 + 1.60677 = 27.17784: ⌈150/27.17784⌉ = ⌈5.519⌉ = 6; left 1.60677 + 27.17784 − 25 = 3.78461.
    /// c: share 31.71538 + 3.78461 = 35.49999: ⌈500/35.5⌉ = ⌈14.08⌉ = 15.
    #[test]
    fn averages_follow_the_counts_by_half() {
        let mut rule = Ema::rate(10.0);
        let first = rule.update(counts(&[("a", 20.0), ("b", 200.0), ("c", 2000.0)]));
        assert_eq!(first, expected(&[("a", 1), ("b", 3), ("c", 15)]));
        let second = rule.update(counts(&[("b", 200.0)]));
        assert_eq!(rule.averages, counts(&[("a", 5.0), ("b", 150.0), ("c", 500.0)]));
        assert_eq!(second, expected(&[("a", 1), ("b", 6), ("c", 15)]));
    }

    /// 4 events: averages 2, 1, 0.5, then 0.25 < 0.5. The other key keeps the intervals from being idle.
    #[test]
    fn a_key_that_stays_away_is_forgotten() {
        let mut rule = Ema::rate(10.0);
        rule.update(counts(&[("gone", 4.0)]));
        for expected in [Some(1.0), Some(0.5), None] {
            rule.update(counts(&[("here", 1.0)]));
            assert_eq!(rule.averages.get(&"gone".into()).copied(), expected);
        }
        assert_eq!(rule.update(KeyCounts::new()), Update::Stay);
        assert!(rule.averages.contains_key(&"here".into()), "an idle interval forgets nothing");
    }

    /// 5 a second in 10 s are 50; averages 10 and 1000, Σ log₁₀ = 4, ratio 12.5.
    /// a: share 12.5: 1, left 2.5. b: share 37.5 + 2.5 = 40: 1000/40 = 25.
    #[test]
    fn a_throughput_is_a_goal_for_each_interval() {
        let mut rule = Ema::throughput(5.0).every(Duration::from_secs(10));
        assert_eq!(rule.first_rate(), 10);
        let found = rule.update(counts(&[("a", 20.0), ("b", 2000.0)]));
        assert_eq!(found, expected(&[("a", 1), ("b", 25)]));
    }

    /// The averages add up to 100 after many intervals of 100; 200 events in one are a burst.
    #[test]
    fn a_burst_is_one_only_after_three_intervals() {
        let mut rule = Ema::rate(10.0).weight(1.0);
        for intervals in 0..BURST_DELAY {
            assert!(!rule.is_burst(1e9), "after {intervals}");
            rule.update(counts(&[("a", 100.0)]));
        }
        assert!(!rule.is_burst(199.0));
        assert!(rule.is_burst(200.0));
        rule.burst = f64::INFINITY;
        rule.update(counts(&[("a", 100.0)]));
        assert!(!rule.is_burst(1e9));
    }

    #[test]
    fn averages_are_bounded_in_keys() {
        let mut rule = Ema::rate(10.0).max_keys(2);
        rule.update(counts(&[("a", 2.0), ("b", 2.0), ("c", 2.0), ("d", 4.0)]));
        assert_eq!(rule.averages.len(), 3);
        assert_eq!(rule.averages.get(&OwnedKey::Others), Some(&3.0));
    }
}
