//! Keeps a fixed share of roots without drawing a random number for each.
//!
//! If the process-wide sampler keeps a fixed share p of all roots, the roots that a thread drops come in runs whose
//! lengths n are geometrically distributed, P(n) = p · (1 − p)ⁿ. Such a length is drawn once, as ⌊ln U / ln (1 − p)⌋ of
//! a uniform U ([Devroye, *Non-Uniform Random Variate Generation*, X.2][devroye]), and counted down. The root after the
//! run gets one of the trace ids that the sampler keeps. The result has the same distribution as drawing an id for each
//! root and asking the sampler about it.
//!
//! [devroye]: https://luc.devroye.org/chapter_ten.pdf

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Kind;
use super::options::{Effective, Start};
use super::randomness::RANGE;
use crate::context::scope;
use crate::context::{TraceId, forks, new_trace_id, random_below, random_unit};

/// The share of roots that the process-wide sampler keeps, in units of 1/[`RANGE`].
static SHARE: AtomicU64 = AtomicU64::new(NOT_FIXED);
/// The value for a decision that depends on more than the trace id.
const NOT_FIXED: u64 = u64::MAX;

thread_local! {
    static RUN: Cell<Run> = const { Cell::new(Run::NONE) };
}

/// A number of consecutive roots that are dropped.
#[derive(Clone, Copy)]
struct Run {
    /// The share for which the run was drawn.
    share: u64,
    left: u64,
    /// The result of [`forks`] when the run was drawn. A forked child must not use its parent's run.
    forks: u32,
}

/// Sets the share of roots that the process-wide sampler keeps, in units of 1/[`RANGE`], if it is fixed.
pub(super) fn set_share(share: Option<u64>) {
    SHARE.store(share.unwrap_or(NOT_FIXED), Relaxed);
}

/// Discards this thread's run, so that it is drawn again.
pub(crate) fn forget_run() {
    RUN.set(Run::NONE);
}

/// Returns whether a root is dropped because it is within a run, and counts it.
///
/// Returns `true` only if no sampler has to be asked.
#[inline]
pub(crate) fn drops_root(kind: &Kind, options: Effective<'_>) -> bool {
    let run = RUN.get();
    let drops = run.left > 0 && run.holds_for(SHARE.load(Relaxed)) && is_left_to_process(kind, options);
    if drops {
        RUN.set(Run { left: run.left - 1, ..run });
    }
    drops
}

/// Returns the trace id of a root that has to be decided about, or `None` if a run drops it.
pub(crate) fn trace_id_of_root(kind: &Kind, options: Effective<'_>) -> Option<TraceId> {
    let share = if scope::current().is_process() { SHARE.load(Relaxed) } else { NOT_FIXED };
    if share == NOT_FIXED || !is_left_to_process(kind, options) { Some(new_trace_id()) } else { next(share) }
}

/// Returns the next root's trace id if the root is kept.
fn next(share: u64) -> Option<TraceId> {
    let run = Some(RUN.get()).filter(|run| run.holds_for(share)).unwrap_or_else(|| Run::draw(share));
    if let Some(left) = run.left.checked_sub(1) {
        RUN.set(Run { left, ..run });
        return None;
    }
    RUN.set(Run::draw(share));
    Some(kept_trace_id(share))
}

/// Returns whether neither the kind nor the actor has its own rule.
#[inline]
fn is_left_to_process(kind: &Kind, options: Effective<'_>) -> bool {
    kind.rule().is_none() && !kind.is_skipped() && matches!(options.start(), Some(Start::Process) | None)
}

impl Run {
    const NONE: Self = Self { share: NOT_FIXED, left: 0, forks: 0 };

    /// Returns whether the run was drawn for this share and in this process.
    #[inline]
    fn holds_for(self, share: u64) -> bool {
        self.share == share && self.forks == forks()
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a positive number, of which a float's 53 bits are enough; it ends at the greatest u64"
    )]
    fn draw(share: u64) -> Self {
        let left = match share {
            0 => u64::MAX,
            RANGE => 0,
            _ => {
                let dropped = -(share as f64 / RANGE as f64);
                ((1.0 - random_unit()).ln() / dropped.ln_1p()) as u64
            }
        };
        Self { share, left, forks: forks() }
    }
}

/// Returns a new trace id whose randomness is in the upper `share`.
fn kept_trace_id(share: u64) -> TraceId {
    let id = new_trace_id();
    let randomness = RANGE - 1 - random_below(share);
    TraceId::new(id.get() & !u128::from(RANGE - 1) | u128::from(randomness)).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::randomness::of_trace;

    const ROOTS: u32 = 100_000;

    /// Returns the number of kept ones among this number of roots, by their randomness.
    fn kept(share: u64) -> Vec<Option<u64>> {
        (0..ROOTS).map(|_| next(share).map(of_trace)).collect()
    }

    /// Asserts that `found` is the sum of independent numbers of this mean and variance, up to 4 σ.
    #[track_caller]
    fn assert_close(found: f64, mean: f64, variance: f64) {
        assert!((found - mean).abs() <= 4.0 * variance.sqrt(), "{found} instead of {mean}");
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "statistics")]
    fn each_root_is_kept_by_itself_with_any_of_the_ids_that_are_kept() {
        crate::testkit::seed(1);
        for share in [RANGE / 2, RANGE / 10, RANGE / 300, RANGE - RANGE / 10] {
            let p = share as f64 / RANGE as f64;
            let roots = kept(share);
            let ids: Vec<u64> = roots.iter().copied().flatten().collect();
            let n = f64::from(ROOTS);
            assert_close(ids.len() as f64, n * p, n * p * (1.0 - p));
            // Of two in a row the second does not know of the first. Pairs overlap, hence the covariance.
            let pairs = roots.windows(2).filter(|pair| pair.iter().all(Option::is_some)).count();
            let variance = n * (p * p * (1.0 - p * p) + 2.0 * (p.powi(3) - p.powi(4)));
            assert_close(pairs as f64, n * p * p, variance);

            assert!(ids.iter().all(|id| *id >= RANGE - share));
            let heights = ids.iter().map(|id| (RANGE - id) as f64 / share as f64);
            let count = ids.len() as f64;
            assert_close(heights.clone().sum(), count / 2.0, count / 12.0);
            assert_close(heights.map(|height| height * height).sum(), count / 3.0, count * (0.2 - 1.0 / 9.0));
        }
    }

    #[test]
    fn none_and_all_are_exact_and_a_new_share_holds_at_once() {
        assert!(kept(0).iter().all(Option::is_none));
        assert!(kept(RANGE).iter().all(Option::is_some));
        assert!(kept(0).iter().all(Option::is_none));
        assert!(next(1).is_none(), "one of 2⁵⁶");
    }
}
