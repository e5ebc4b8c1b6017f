//! A mean rate over separate intervals: dynsampler's `AvgSampleRate` and `AvgSampleWithMin`.

use std::time::Duration;

use super::core::{rates, whole};
use super::table::{KeyCounts, KeyRates, Rule, Update};

/// Keeps one event in `goal` on average. Each interval's rates come from the counts of the previous interval.
///
/// The goal of kept events, Σ counts / `goal`, is divided among the keys by the logarithm of their counts. Until the
/// first interval has ended, the rate of every key is the goal. After that, the rate of an unknown key is 1.
#[derive(Debug, Clone)]
pub struct Average {
    goal: f64,
    minimum: f64,
    interval: Duration,
}

impl Average {
    /// Creates dynsampler's `AvgSampleRate`: one in `goal` (its default is 10), with intervals of 30 s.
    pub const fn new(goal: f64) -> Self {
        Self { goal, minimum: 0.0, interval: Duration::from_secs(30) }
    }

    /// Turns the rule into dynsampler's `AvgSampleWithMin`, which keeps all events at low load.
    ///
    /// All events are kept while fewer than `per_second` arrive each second (dynsampler's default is 50).
    #[must_use]
    pub const fn with_minimum(mut self, per_second: f64) -> Self {
        self.minimum = per_second;
        self
    }

    /// Sets the length of the intervals. The default is 30 s.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }
}

impl Rule for Average {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn first_rate(&self) -> u64 {
        whole(self.goal).max(1)
    }

    fn update(&mut self, counts: KeyCounts) -> Update {
        let events: f64 = counts.values().sum();
        if events < self.minimum * self.interval.as_secs_f64() {
            return Update::Rates(counts.into_keys().map(|key| (key, 1)).collect());
        }
        if counts.is_empty() {
            return Update::Rates(KeyRates::new());
        }
        Update::Rates(rates(&counts, events / self.goal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> KeyCounts {
        [("a".into(), 10.0), ("b".into(), 100.0), ("c".into(), 1000.0)].into()
    }

    /// 1,110 events, goal 10: 111 to be kept; Σ log₁₀ = 6, ratio 18.5.
    /// a: share 18.5, 10 ≤ 18.5: 1, left 8.5. b: share 37 + 8.5/2 = 41.25: ⌈100/41.25⌉ = ⌈2.42⌉ = 3;
    /// left 8.5 − 4.25 + 41.25 − 100/3 = 12.1667. c: share 55.5 + 12.1667 = 67.6667: ⌈14.78⌉ = 15.
    #[test]
    fn rates_average_the_goal() {
        let rates = Update::Rates([("a".into(), 1), ("b".into(), 3), ("c".into(), 15)].into());
        assert_eq!(Average::new(10.0).update(counts()), rates);
        assert_eq!(Average::new(10.0).first_rate(), 10);
        // 10 + 33.3 + 66.7 = 110 are kept: one in 10.09.
    }

    #[test]
    fn an_interval_without_events_clears_the_rates() {
        let mut rule = Average::new(10.0);
        assert_eq!(rule.update(KeyCounts::new()), Update::Rates(KeyRates::new()));
    }

    /// 1,110 events in 30 s are 37 a second.
    #[test]
    fn below_the_minimum_everything_is_kept() {
        let all = Update::Rates([("a".into(), 1), ("b".into(), 1), ("c".into(), 1)].into());
        assert_eq!(Average::new(10.0).with_minimum(37.1).update(counts()), all);
        let thinned = Average::new(10.0).update(counts());
        assert_eq!(Average::new(10.0).with_minimum(37.0).update(counts()), thinned);
    }
}
