//! One factor by which everything that is sampled in this process is reduced, and raised again.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Decision;
use crate::context::random_unit;

/// The bits of the factor in force.
static FACTOR: AtomicU64 = AtomicU64::new(1.0_f64.to_bits());

/// Sets the factor by which sampling is reduced in this process from here on, from 0 (almost everything) to 1 (not at all,
/// which holds unless set).
///
/// It multiplies
///
/// * the probability of each root that is kept, whichever rule keeps it: what it drops counts as dropped for the reason
///   `governor`, and the recorded probability is the one that was used, so that weights stay true;
/// * the budget of each fan-out, of which one recipient is always left.
///
/// It leaves alone what has no probability (`forced`, `rare`, `lowerbound`, and roots that a recorder decides about), and
/// what a sender has decided: a trace stays whole. What is no number counts as 1.
pub fn set_thinning(factor: f64) {
    let factor = if factor.is_nan() { 1.0 } else { factor.clamp(0.0, 1.0) };
    FACTOR.store(factor.to_bits(), Relaxed);
}

#[inline]
fn factor() -> f64 {
    f64::from_bits(FACTOR.load(Relaxed))
}

/// A root's decision, thinned. One relaxed load where nothing is reduced.
#[inline]
pub(super) fn of_root(decision: Decision) -> Decision {
    let factor = factor();
    if factor < 1.0 { decision.thinned(factor, random_unit()) } else { decision }
}

/// A fan-out's budget, thinned: one is always left.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a budget, positive and rounded"
)]
pub(super) fn of_budget(selected: u64) -> u64 {
    let factor = factor();
    if factor < 1.0 {
        ((selected as f64 * factor).round() as u64).clamp(1, selected.max(1))
    } else {
        selected
    }
}
