//! The common core of the rules that aim at a mean. It divides a goal by the logarithm of the counts.

use super::table::{KeyCounts, KeyRates};

/// Returns rates with which about `goal` events are kept, divided by the logarithm of each key's count.
///
/// This is dynsampler's `calculateSampleRates`. With ratio = goal / Σ log₁₀ count, a key's share is max(1, log₁₀ count
/// · ratio), plus an equal part of what the keys before it left over. A key with fewer events than its share keeps all
/// of them. Any other key keeps one in ⌈count / share⌉. Keys are processed in order, and counts below one count as one.
pub(super) fn rates(counts: &KeyCounts, goal: f64) -> KeyRates {
    let at_least_one = |count: &f64| count.max(1.0);
    let ratio = goal / counts.values().map(at_least_one).map(f64::log10).sum::<f64>();
    let mut extra = 0.0;
    let mut left = f64::from(u32::try_from(counts.len()).unwrap_or(u32::MAX));
    let rate = |(key, count): (&_, &f64)| {
        let count = at_least_one(count);
        let part = extra / left;
        // A single event has the logarithm 0. If all keys have one event, the ratio is not a number.
        let share = if count > 1.0 { (count.log10() * ratio).max(1.0) } else { 1.0 } + part;
        extra -= part;
        left -= 1.0;
        let rate = if count <= share { 1.0 } else { (count / share).ceil() };
        extra += share - count / rate;
        (Clone::clone(key), whole(rate))
    };
    counts.iter().map(rate).collect()
}

/// Converts a rate, which is positive and less than 2⁶⁴.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is too great becomes the greatest"
)]
pub(super) fn whole(rate: f64) -> u64 {
    rate as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ log₁₀ = 1 + 2 + 3 = 6, goal 60: ratio 10.
    /// a: share max(1, 1 · 10) = 10, 10 ≤ 10: 1; nothing left over.
    /// b: share 20, 100 > 20: ⌈100/20⌉ = 5; left over 20 − 100/5 = 0.
    /// c: share 30, 1000 > 30: ⌈1000/30⌉ = ⌈33.3⌉ = 34; left over 30 − 1000/34 = 0.59.
    #[test]
    fn shares_follow_the_logarithm() {
        let counts = [("a".into(), 10.0), ("b".into(), 100.0), ("c".into(), 1000.0)].into();
        let expected = [("a".into(), 1), ("b".into(), 5), ("c".into(), 34)].into();
        assert_eq!(rates(&counts, 60.0), expected);
    }

    /// Σ log₁₀ = 0 + 0 + 3 = 3, goal 300: ratio 100.
    /// a, b: share 1, one event each: 1; nothing left over. c: share 3 · 100 = 300: ⌈1000/300⌉ = 4.
    /// With goal 3 and 10 events of a: Σ = 1 + 0 + 3 = 4, ratio 0.75.
    /// a: max(1, 0.75) = 1, 10 > 1: ⌈10/1⌉ = 10, left 0. b: 1. c: 2.25: ⌈1000/2.25⌉ = ⌈444.4⌉ = 445.
    #[test]
    fn every_key_has_a_share_of_one() {
        let counts = [("a".into(), 1.0), ("b".into(), 1.0), ("c".into(), 1000.0)].into();
        assert_eq!(rates(&counts, 300.0), [("a".into(), 1), ("b".into(), 1), ("c".into(), 4)].into());
        let counts = [("a".into(), 10.0), ("b".into(), 1.0), ("c".into(), 1000.0)].into();
        assert_eq!(rates(&counts, 3.0), [("a".into(), 10), ("b".into(), 1), ("c".into(), 445)].into());
    }

    /// Σ log₁₀ = 1 + 3 = 4, goal 80: ratio 20.
    /// a: share 20, 10 ≤ 20: 1, left over 10. b: share 60 + 10/1 = 70: ⌈1000/70⌉ = ⌈14.3⌉ = 15 (without it ⌈16.7⌉ = 17).
    #[test]
    fn what_a_key_leaves_over_goes_to_those_behind_it() {
        let counts = [("a".into(), 10.0), ("b".into(), 1000.0)].into();
        assert_eq!(rates(&counts, 80.0), [("a".into(), 1), ("b".into(), 15)].into());
    }

    #[test]
    fn single_events_are_all_kept() {
        let counts = [("a".into(), 1.0), ("b".into(), 0.5)].into();
        assert_eq!(rates(&counts, 0.2), [("a".into(), 1), ("b".into(), 1)].into());
        assert_eq!(rates(&KeyCounts::new(), 1.0), KeyRates::new());
    }
}
