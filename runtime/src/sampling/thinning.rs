//! A factor that reduces sampling in the whole process.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Decision;
use crate::context::random_unit;

/// The bits of the current factor.
static FACTOR: AtomicU64 = AtomicU64::new(1.0_f64.to_bits());

/// Sets the factor by which sampling is reduced in this process, from 0 to 1.
///
/// The default, 1, reduces nothing. 0 drops almost everything. NaN counts as 1.
///
/// It multiplies:
///
/// * The probability of each kept root, for every rule. Roots that it drops are counted with the reason `governor`.
///   The recorded probability includes the factor, so that estimates stay correct.
/// * The budget of each fan-out, of which at least one recipient is kept.
///
/// It does not change decisions without a probability (`forced`, `rare`, `lowerbound`, and roots that a recorder
/// samples), nor decisions of senders, so that traces stay complete.
pub fn set_thinning(factor: f64) {
    let factor = if factor.is_nan() { 1.0 } else { factor.clamp(0.0, 1.0) };
    FACTOR.store(factor.to_bits(), Relaxed);
}

#[inline]
fn factor() -> f64 {
    f64::from_bits(FACTOR.load(Relaxed))
}

/// Thins a root's decision. Costs one relaxed load if the factor is 1.
#[inline]
pub(super) fn of_root(decision: Decision) -> Decision {
    let factor = factor();
    if factor < 1.0 { decision.thinned(factor, random_unit()) } else { decision }
}

/// Thins a fan-out's budget, to at least one.
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
