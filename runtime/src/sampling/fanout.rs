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
#[derive(Debug)]
pub(crate) struct Selection {
    n: u64,
    k: u64,
    /// In `0..n`. The i-th recipient is chosen if `start + i·k` passes a multiple of n on its way to
    /// `start + (i+1)·k`.
    start: u64,
    sent: AtomicU64,
    selected: AtomicU64,
}

impl Selection {
    /// A selection for `n` recipients under a budget of `k`, both at least 1.
    pub(crate) fn new(n: u64, k: u64) -> Self {
        let n = n.max(1);
        Self::starting_at(n, k.clamp(1, n), random_below(n))
    }

    fn starting_at(n: u64, k: u64, start: u64) -> Self {
        Self { n, k, start, sent: AtomicU64::new(0), selected: AtomicU64::new(0) }
    }

    /// Whether the next recipient is chosen. More than n may be asked for: the pattern goes on.
    pub(crate) fn next(&self) -> bool {
        let i = self.sent.fetch_add(1, Relaxed);
        let (n, k) = (u128::from(self.n), u128::from(self.k));
        let chosen = (u128::from(self.start) + u128::from(i) * k) % n + k >= n;
        if chosen {
            self.selected.fetch_add(1, Relaxed);
        }
        chosen
    }

    pub(crate) fn probability(&self) -> f64 {
        probability(self.n, self.k)
    }

    /// Recipients so far, and how many of them were chosen.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.selected.load(Relaxed))
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
                let chosen = (0..n).filter(|_| selection.next()).count();
                assert_eq!(chosen as u64, k, "n {n}, k {k}, start {start}");
                assert_eq!(selection.counts(), (n, k));
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
                *count += u64::from(selection.next());
            }
        }
        assert!(times.iter().all(|&count| count == k), "{times:?}");
    }

    #[test]
    fn a_budget_beyond_the_recipients_keeps_all_of_them() {
        let selection = Selection::new(3, 10);
        assert!((0..3).all(|_| selection.next()));
        assert!((selection.probability() - 1.0).abs() < f64::EPSILON);
    }
}
