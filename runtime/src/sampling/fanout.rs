//! Which recipients of a broadcast are traced: k of n, evenly spaced, from one random number.
//!
//! With one random start and every n/k-th recipient chosen (systematic sampling), exactly k are kept whatever
//! the start, so their weights n/k add up to n without error. Independent coin flips with the same
//! probability would estimate n = 10,000 from k = 10 with a standard deviation of 3,161.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::context::random_below;

/// The probability with which a recipient of a broadcast to `n` is kept under a budget of `k`: `min(1, k/n)`.
///
/// It meets the three points that Discord published (1 → 100 %, 100 → 10 %, 10,000 → 0.1 %) with k = 10, and
/// keeps k spans, no more, beyond them.
#[expect(clippy::cast_precision_loss, reason = "above 2^53 recipients the last bits do not matter")]
pub(crate) fn probability(n: u64, k: u64) -> f64 {
    if k >= n { 1.0 } else { k as f64 / n as f64 }
}

/// A running systematic selection of k out of n.
///
/// Each recipient moves a position on by k/n; those on whose way it passes an integer are chosen. Positions are counted in
/// 2⁻⁶⁴, where the carry of an addition tells that an integer was passed: a division would cost as much as the
/// recipient's whole message. For the first n of less than 2³² recipients rounding changes nothing, because it moves no
/// position out of the n-th of an integer in which it is (below).
#[derive(Debug)]
pub(crate) struct Selection {
    n: u64,
    k: u64,
    /// The first position, without the integer.
    start: u64,
    /// k/n, rounded down.
    step: u64,
    sent: AtomicU64,
}

impl Selection {
    /// A selection for `n` recipients under a budget of `k`, both at least 1.
    pub(crate) fn new(n: u64, k: u64) -> Self {
        let n = n.max(1);
        Self::starting_at(n, k.clamp(1, n), random_below(n))
    }

    /// Starts at the end of the `start`-th of n equal parts of an integer. The rounded steps together fall short of the
    /// exact ones by n·2⁻⁶⁴, and a part is 1/n long.
    fn starting_at(n: u64, k: u64, start: u64) -> Self {
        let part = |of: u64| (u128::from(of) << 64) / u128::from(n);
        // n n-th are 1, which a position is below.
        let below = |position: u128| u64::try_from(position).unwrap_or(u64::MAX);
        Self { n, k, start: below(part(start + 1) - 1), step: below(part(k)), sent: AtomicU64::new(0) }
    }

    /// Whether the next recipient is chosen. More than n may be asked for: the pattern goes on.
    ///
    /// `alone`: nobody asks at the same time. Then no locked instruction is needed, which would wait until the last
    /// recipient's message is in its mailbox, far away in memory.
    #[inline]
    pub(crate) fn next(&self, alone: bool) -> bool {
        let before = if alone {
            let sent = self.sent.load(Relaxed);
            self.sent.store(sent.wrapping_add(1), Relaxed);
            sent
        } else {
            self.sent.fetch_add(1, Relaxed)
        };
        self.position(before).checked_add(self.step).is_none()
    }

    /// Counts the recipients up to the next chosen one, which is not among them, and at most `most`. Only where nobody
    /// asks at the same time.
    pub(crate) fn pass(&self, most: u32) -> u32 {
        let sent = self.sent.load(Relaxed);
        let steps = (u64::MAX - self.position(sent)) / self.step;
        let passed = u32::try_from(steps).unwrap_or(most).min(most);
        self.sent.store(sent.wrapping_add(passed.into()), Relaxed);
        passed
    }

    /// So many of the last ones that were counted are to be counted again.
    pub(crate) fn give_back(&self, recipients: u32) {
        self.sent.fetch_sub(recipients.into(), Relaxed);
    }

    /// The position before the recipient that so many were before, without the integer.
    #[inline]
    fn position(&self, before: u64) -> u64 {
        self.start.wrapping_add(before.wrapping_mul(self.step))
    }

    pub(crate) fn probability(&self) -> f64 {
        probability(self.n, self.k)
    }

    /// Recipients so far, and how many of them were chosen.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let sent = self.sent.load(Relaxed);
        let integers = (u128::from(self.start) + u128::from(sent) * u128::from(self.step)) >> 64;
        // No more than were sent.
        (sent, u64::try_from(integers).unwrap_or(sent))
    }
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

    /// Whatever the start: k are chosen, so the weights n/k add up to n.
    #[test]
    fn exactly_k_of_n_are_chosen_from_every_start() {
        for (n, k) in [(1, 1), (2, 1), (7, 3), (10, 10), (100, 10), (101, 10), (1009, 10)] {
            for start in 0..n {
                let selection = Selection::starting_at(n, k, start);
                let chosen = (0..n).filter(|i| selection.next(i % 2 == 0)).count();
                assert_eq!(chosen as u64, k, "n {n}, k {k}, start {start}");
                assert_eq!(selection.counts(), (n, k));
            }
        }
    }

    /// Recipients early, in the middle and at the end of fan-outs of every size, against the rule in whole numbers.
    #[test]
    fn no_rounding_chooses_another_recipient() {
        for n in [1, 3, 1009, 10_000, 65_537, 1_000_000, 999_999_937, u64::from(u32::MAX)] {
            for k in [1, 2, 7, 10, n / 3, n - 1, n].into_iter().filter(|k| (1..=n).contains(k)) {
                for start in [0, 1, n / 2, n - 1].into_iter().filter(|start| *start < n) {
                    let exactly = |i: u64| {
                        let (n, k, i) = (u128::from(n), u128::from(k), u128::from(i));
                        (u128::from(start) + i * k) % n + k >= n
                    };
                    for first in [0, n / 2, n.saturating_sub(100)] {
                        let selection = Selection::starting_at(n, k, start);
                        selection.sent.store(first, Relaxed);
                        for i in first..n.min(first + 100) {
                            assert_eq!(
                                selection.next(true),
                                exactly(i),
                                "n {n}, k {k}, start {start}, i {i}"
                            );
                        }
                    }
                    let selection = Selection::starting_at(n, k, start);
                    selection.sent.store(n, Relaxed);
                    assert_eq!(selection.counts(), (n, k), "start {start}");
                }
            }
        }
    }

    /// Over all starts each recipient is chosen equally often: nobody is favoured.
    #[test]
    fn every_recipient_has_the_same_chance() {
        let (n, k) = (101, 10);
        let mut times = vec![0; 101];
        for start in 0..n {
            let selection = Selection::starting_at(n, k, start);
            for count in &mut times {
                *count += u64::from(selection.next(true));
            }
        }
        assert!(times.iter().all(|&count| count == k), "{times:?}");
    }

    /// Whoever is passed over in one go, with some of them given back, is passed over one by one.
    #[test]
    fn to_pass_over_several_chooses_the_same() {
        for (n, k) in [(2, 1), (7, 3), (100, 10), (101, 10), (1009, 10)] {
            for start in 0..n {
                let one_by_one = Selection::starting_at(n, k, start);
                let expected: Vec<u64> = (0..n).filter(|_| one_by_one.next(true)).collect();
                for most in [0, 1, 6, u32::MAX] {
                    let selection = Selection::starting_at(n, k, start);
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
                    assert_eq!(chosen, expected, "n {n}, k {k}, start {start}, at most {most}");
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
