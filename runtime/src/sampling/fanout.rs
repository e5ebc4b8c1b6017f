//! Selects the recipients of a broadcast that are traced: k of n, one at random in each n/k-th part of the list.
//!
//! Exactly k are selected, whatever the random numbers are, so their weights n/k add up to exactly n. Independent coin
//! flips with the same probability would estimate n = 10,000 from k = 10 with a standard deviation of 3,161. Stratified
//! sampling, one recipient in each part, spreads the selection over the list. Selecting every n/k-th recipient would do
//! that as well, but in a list with a matching period all of them could be of one kind.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::context::random_below;

/// Returns the probability of a recipient of a broadcast to `n` under a budget of `k`: `min(1, k/n)`.
///
/// With k = 10 it meets the three points that Discord published (1 → 100 %, 100 → 10 %, 10,000 → 0.1 %). Beyond them it
/// keeps no more than k spans.
#[expect(clippy::cast_precision_loss, reason = "above 2^53 recipients the last bits do not matter")]
pub(crate) fn probability(n: u64, k: u64) -> f64 {
    if k >= n { 1.0 } else { k as f64 / n as f64 }
}

/// A running selection of k out of n.
///
/// The list is treated as a ring. It is rotated by a random number of places and cut into k parts of whole recipients,
/// each of size n/k rounded up or down. One recipient is selected in each part. Every rotation is equally likely, so
/// every recipient is equally likely, although the sizes of the parts differ by one. The selection in a part is
/// computed from its number and a random seed. So nothing is stored for each part, and the result does not depend on
/// the order of the calls.
#[derive(Debug)]
pub(crate) struct Selection {
    n: u64,
    k: u64,
    /// The first recipient's place on the ring.
    turn: u64,
    seed: u64,
    sent: AtomicU64,
    chosen: AtomicU64,
}

impl Selection {
    /// Creates a selection for `n` recipients under a budget of `k`, both at least 1.
    pub(crate) fn new(n: u64, k: u64) -> Self {
        let n = n.max(1);
        let k = k.clamp(1, n);
        // If all are selected, nothing has to be drawn.
        let (turn, seed) = if k == n { (0, 0) } else { (random_below(n), random_below(u64::MAX)) };
        Self { n, k, turn, seed, sent: AtomicU64::new(0), chosen: AtomicU64::new(0) }
    }

    /// Returns whether the next recipient is selected. If it is called more than n times, the pattern continues.
    ///
    /// `alone` is true if no other thread calls this at the same time. Then no locked instruction is needed. A locked
    /// instruction would wait until the last recipient's message has been written to its mailbox, which is slow memory.
    #[inline]
    pub(crate) fn next(&self, alone: bool) -> bool {
        let before = add(&self.sent, 1, alone);
        let chosen = self.distance(before) == 0;
        if chosen {
            add(&self.chosen, 1, alone);
        }
        chosen
    }

    /// Counts the recipients before the next selected one, at most `most`.
    ///
    /// Only valid if no other thread calls this at the same time.
    pub(crate) fn pass(&self, most: u32) -> u32 {
        let distance = self.distance(self.sent.load(Relaxed));
        let passed = u32::try_from(distance).unwrap_or(most).min(most);
        add(&self.sent, passed.into(), true);
        passed
    }

    /// Uncounts this many of the last counted recipients, none of which was selected.
    pub(crate) fn give_back(&self, recipients: u32) {
        self.sent.fetch_sub(recipients.into(), Relaxed);
    }

    /// Returns how many recipients precede the next selected one, after `before` recipients.
    fn distance(&self, before: u64) -> u64 {
        let Self { n, k, turn, .. } = *self;
        if k == n {
            return 0;
        }
        let in_list = if before < n { before } else { before % n };
        // Cannot overflow, since both are below n.
        let place = if in_list < n - turn { in_list + turn } else { in_list - (n - turn) };
        let part = scaled(place, k, n);
        match self.choice(part).checked_sub(place) {
            Some(distance) => distance,
            // It was already selected. After the last part comes the first one, at the other end of the ring.
            None if part + 1 == k => n - place + self.choice(0),
            None => self.choice(part + 1) - place,
        }
    }

    /// Returns the place of the selected recipient in a part.
    fn choice(&self, part: u64) -> u64 {
        let (start, end) = (self.start(part), self.start(part + 1));
        let random = mix(self.seed.wrapping_add(part.wrapping_mul(GOLDEN)));
        // All places of the part are equally likely.
        start + ((u128::from(random) * u128::from(end - start)) >> 64) as u64
    }

    /// Returns the first place of a part.
    fn start(&self, part: u64) -> u64 {
        let exact = u128::from(part) * u128::from(self.n);
        u64::try_from(exact.div_ceil(u128::from(self.k))).unwrap_or(u64::MAX)
    }

    pub(crate) fn probability(&self) -> f64 {
        probability(self.n, self.k)
    }

    /// Returns the number of recipients so far, and how many of them were selected.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.chosen.load(Relaxed))
    }
}

/// Adds to a counter, and returns the previous value.
#[inline]
fn add(counter: &AtomicU64, number: u64, alone: bool) -> u64 {
    if alone {
        let before = counter.load(Relaxed);
        counter.store(before.wrapping_add(number), Relaxed);
        before
    } else {
        counter.fetch_add(number, Relaxed)
    }
}

/// Returns `place · k / n`, rounded down, for a place below n.
#[inline]
fn scaled(place: u64, k: u64, n: u64) -> u64 {
    match place.checked_mul(k) {
        Some(product) => product / n,
        None => u64::try_from(u128::from(place) * u128::from(k) / u128::from(n)).unwrap_or(k - 1),
    }
}

/// The golden ratio in 64 bits: the increment of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Applies the finalizer of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discord_s_published_points_are_met() {
        let close = |n, expected: f64| assert!((probability(n, 10) - expected).abs() < 1e-12, "{n}");
        close(1, 1.0);
        close(100, 0.1);
        close(10_000, 0.001);
        close(1_000_000, 0.00001);
    }

    fn with(n: u64, k: u64, turn: u64, seed: u64) -> Selection {
        Selection { n, k, turn, seed, sent: AtomicU64::new(0), chosen: AtomicU64::new(0) }
    }

    fn chosen(selection: &Selection, recipients: u64) -> Vec<u64> {
        (0..recipients).filter(|i| selection.next(i % 2 == 0)).collect()
    }

    const SIZES: [(u64, u64); 9] =
        [(1, 1), (2, 1), (7, 3), (7, 6), (10, 10), (100, 10), (101, 10), (1009, 10), (1009, 700)];

    /// Exactly k are chosen, whatever is drawn, so the weights n/k add up to n.
    #[test]
    fn exactly_k_of_n_are_chosen_from_every_start() {
        for (n, k) in SIZES {
            for turn in 0..n {
                let selection = with(n, k, turn, turn.wrapping_mul(GOLDEN));
                assert_eq!(chosen(&selection, n).len() as u64, k, "n {n}, k {k}, turn {turn}");
                assert_eq!(selection.counts(), (n, k));
                // And in each round that goes on behind the list.
                assert_eq!(chosen(&selection, 2 * n).len() as u64, 2 * k);
            }
        }
    }

    /// One in each part: on the ring, no gap is longer than two parts.
    #[test]
    fn one_is_chosen_in_each_part() {
        for (n, k) in SIZES {
            for turn in (0..n).step_by(7) {
                let selection = with(n, k, turn, turn.wrapping_mul(GOLDEN) ^ 0x77);
                let mut parts: Vec<u64> =
                    chosen(&selection, n).into_iter().map(|i| (i + turn) % n * k / n).collect();
                parts.sort_unstable();
                assert!(parts.into_iter().eq(0..k), "n {n}, k {k}, turn {turn}");
            }
        }
    }

    /// The sizes at which a product no longer fits into 64 bits.
    #[test]
    fn the_greatest_lists_are_chosen_from_as_well() {
        for n in [u64::from(u32::MAX), 1 << 40, u64::MAX] {
            for k in [1, 10, n / 3, n - 1, n] {
                let selection = with(n, k, n / 2, 5);
                let passed = selection.pass(u32::MAX);
                if passed < u32::MAX {
                    assert!(selection.next(true), "n {n}, k {k}");
                }
                assert!(u128::from(passed) < 2 * u128::from(n.div_ceil(k)), "n {n}, k {k}: {passed}");
            }
        }
    }

    /// Over all turns each recipient is chosen equally often, whatever the seed: nobody is favoured.
    #[test]
    fn every_recipient_has_the_same_chance() {
        for (n, k) in SIZES {
            for seed in 0..3 {
                let mut times = vec![0; usize::try_from(n).unwrap()];
                for turn in 0..n {
                    let selection = with(n, k, turn, seed);
                    for count in &mut times {
                        *count += u64::from(selection.next(true));
                    }
                }
                assert!(times.iter().all(|&count| count == k), "n {n}, k {k}: {times:?}");
            }
        }
    }

    /// Drawn by chance as well: a chi-squared test over the recipients of 20,000 broadcasts, at six standard deviations.
    #[test]
    fn every_recipient_is_drawn_equally_often() {
        const BROADCASTS: u32 = 20_000;
        let (n, k) = (101_u32, 10_u32);
        let mut times = vec![0_u32; 101];
        for _ in 0..BROADCASTS {
            for i in chosen(&Selection::new(n.into(), k.into()), n.into()) {
                times[usize::try_from(i).unwrap()] += 1;
            }
        }
        let expected = f64::from(BROADCASTS) * f64::from(k) / f64::from(n);
        let chi: f64 = times.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
        let freedom = f64::from(n - 1);
        assert!(chi < freedom + 6.0 * (2.0 * freedom).sqrt(), "{chi}");
    }

    /// In a list whose period fits n/k, the chosen ones of *one* broadcast are of all kinds: the mean chi-squared over the
    /// kinds is that of chance. Every n/k-th would give k times as much.
    #[test]
    fn a_period_in_the_list_does_not_bias_one_broadcast() {
        const BROADCASTS: u32 = 4_000;
        for (n, k, period) in
            [(1000_u32, 10_u32, 100_u32), (1000, 10, 10), (1000, 10, 4), (5000, 50, 20), (990, 10, 9)]
        {
            let mut sum = 0.0;
            for _ in 0..BROADCASTS {
                let mut kinds = vec![0_u32; period as usize];
                for i in chosen(&Selection::new(n.into(), k.into()), n.into()) {
                    kinds[usize::try_from(i).unwrap() % period as usize] += 1;
                }
                let expected = f64::from(k) / f64::from(period);
                sum +=
                    kinds.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum::<f64>();
            }
            let mean = sum / f64::from(BROADCASTS);
            let freedom = f64::from(period - 1);
            // Independent draws have the mean p - 1 and the variance 2(p - 1)(1 - 1/k); six deviations of the mean.
            let deviation = (2.0 * freedom / f64::from(BROADCASTS)).sqrt();
            assert!(
                (mean - freedom).abs() < 6.0 * deviation + 0.02 * freedom,
                "{n} {k} {period}: {mean}, {freedom}"
            );
        }
    }

    /// The error of one broadcast's estimate of a sum, compared with simple random sampling, for lists with and without
    /// a period. If every n/k-th recipient is chosen, the error is 3.3 times as large where the period fits.
    #[test]
    fn one_broadcast_spreads_no_more_than_simple_random_sampling() {
        const BROADCASTS: u32 = 4_000;
        let (n, k) = (1000_u32, 10_u32);
        type List = (&'static str, fn(u32) -> f64, f64);
        let lists: [List; 4] = [
            ("a period of 100", |i| f64::from(u32::from(i % 100 < 50)), 1.1),
            ("a period of 10", |i| f64::from(i % 10), 1.1),
            ("a period of 7", |i| f64::from(i % 7), 1.1),
            // Here parts are better than chance; all but the one that has an end of the list and the other.
            ("a trend", f64::from, 0.5),
        ];
        for (list, value, at_most) in lists {
            let truth: f64 = (0..n).map(value).sum();
            let mean = truth / f64::from(n);
            let variance = (0..n).map(|i| (value(i) - mean).powi(2)).sum::<f64>() / f64::from(n - 1);
            let simple =
                f64::from(n) * (variance / f64::from(k) * (1.0 - f64::from(k) / f64::from(n))).sqrt();

            let mut errors = Vec::new();
            for _ in 0..BROADCASTS {
                let kept = chosen(&Selection::new(n.into(), k.into()), n.into());
                let sum: f64 = kept.into_iter().map(|i| value(u32::try_from(i).unwrap())).sum();
                errors.push(sum * f64::from(n) / f64::from(k) - truth);
            }
            let spread =
                (errors.iter().map(|error| error.powi(2)).sum::<f64>() / f64::from(BROADCASTS)).sqrt();
            let bias = errors.iter().sum::<f64>() / f64::from(BROADCASTS);
            assert!(spread < at_most * simple, "{list}: {spread} beside {simple}");
            assert!(bias.abs() < 6.0 * spread / f64::from(BROADCASTS).sqrt(), "{list}: {bias}");
        }
    }

    /// Skipping several recipients at once, with some of them given back, selects the same as skipping them one by one.
    #[test]
    fn to_pass_over_several_chooses_the_same() {
        for (n, k) in SIZES {
            for turn in (0..n).step_by(3) {
                let expected = chosen(&with(n, k, turn, 9), n);
                for most in [0, 1, 6, u32::MAX] {
                    let selection = with(n, k, turn, 9);
                    let (mut i, mut chosen) = (0, Vec::new());
                    while i < n {
                        if selection.next(true) {
                            chosen.push(i);
                        } else {
                            let passed = selection.pass(most);
                            selection.give_back(passed / 2);
                            i += u64::from(passed - passed / 2);
                        }
                        i += 1;
                        assert_eq!(selection.counts().0, i);
                    }
                    chosen.retain(|&i| i < n);
                    assert_eq!(chosen, expected, "n {n}, k {k}, turn {turn}, at most {most}");
                }
            }
        }
    }

    #[test]
    fn a_budget_beyond_the_recipients_keeps_all_of_them() {
        let selection = Selection::new(3, 10);
        assert!((0..3).all(|_| selection.next(true)));
        assert!((selection.probability() - 1.0).abs() < f64::EPSILON);
    }
}
