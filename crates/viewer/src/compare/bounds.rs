//! Bounds of shares, and of the ratio of two shares.

/// Returns the evidence, in nats, that each of this many tests needs.
///
/// Then the probability that any of them is wrong is at most `false_positives`.
#[expect(clippy::cast_precision_loss, reason = "a few million")]
pub(super) fn evidence(false_positives: f64, tests: usize) -> f64 {
    let chance = if false_positives > 0.0 { false_positives.min(1.0) } else { f64::MIN_POSITIVE };
    (tests.max(1) as f64 / chance).ln().max(2.0)
}

/// Returns the bounds of a share that was observed in this many items.
///
/// These are Chernoff's bounds. If the true share is below the lower one, a share this high has a probability of at
/// most `exp(-evidence)`, for any number of items. The bound is the share at which items · KL(observed, true) equals
/// the evidence.
pub(super) fn share_bounds(share: f64, items: f64, evidence: f64) -> (f64, f64) {
    let share = share.clamp(0.0, 1.0);
    let is_likely = |truth: f64| items * divergence(share, truth) <= evidence;
    (bisect(share, 0.0, is_likely), bisect(share, 1.0, is_likely))
}

/// Returns the last point between `near`, where the condition holds, and `far`.
fn bisect(mut near: f64, mut far: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = f64::midpoint(near, far);
        if holds(middle) {
            near = middle;
        } else {
            far = middle;
        }
    }
    near
}

/// Returns the Kullback-Leibler divergence of two Bernoulli distributions.
fn divergence(seen: f64, truth: f64) -> f64 {
    let part = |seen: f64, truth: f64| if seen <= 0.0 { 0.0 } else { seen * (seen / truth).ln() };
    part(seen, truth) + part(1.0 - seen, 1.0 - truth)
}

/// Returns the lower bound of `one / other` from the bounds of both (Zou and Donner 2008).
pub(super) fn ratio_bound(one: f64, low: f64, other: f64, high: f64) -> f64 {
    if one <= 0.0 || low <= 0.0 {
        return 0.0;
    }
    let (down, up) = ((one / low).ln(), (high / other).ln());
    (one / other) * (-down.hypot(up)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If all items are bad, KL(1, q) is −ln q. So five of five are evidence for a share above exp(−evidence / 5).
    #[test]
    fn bounds_of_extreme_shares_have_a_closed_form() {
        let (low, high) = share_bounds(1.0, 5.0, 10.0);
        assert!((low - (-2.0_f64).exp()).abs() < 1e-9 && (high - 1.0).abs() < 1e-9, "{low} {high}");
        let (low, high) = share_bounds(0.0, 5.0, 10.0);
        assert!(low.abs() < 1e-9 && (high - (1.0 - (-2.0_f64).exp())).abs() < 1e-9, "{low} {high}");
    }

    /// With many items the bound is `exp(ln RR − z · SE)`, where SE² is `a_i/(a_o·(a_o + a_i)) + b_i/(b_o·(b_o + b_i))`,
    /// and z² is twice the evidence.
    #[test]
    fn of_many_items_the_bound_is_that_of_the_standard_error() {
        let (ao, ai, bo, bi) = (400_000.0_f64, 600_000.0_f64, 100_000.0_f64, 900_000.0_f64);
        let (one, other) = (ao / (ao + ai), bo / (bo + bi));
        let error = (ai / (ao * (ao + ai)) + bi / (bo * (bo + bi))).sqrt();
        let expected = ((one / other).ln() - 4.0 * error).exp();
        let (low, high) = (share_bounds(one, ao + ai, 8.0).0, share_bounds(other, bo + bi, 8.0).1);
        let bound = ratio_bound(one, low, other, high);
        assert!((bound / expected - 1.0).abs() < 0.001, "{bound} {expected}");
    }

    #[test]
    fn more_tests_need_more_evidence() {
        assert!((evidence(0.01, 100) - 10_000.0_f64.ln()).abs() < 1e-9);
        assert!(evidence(0.0, 1).is_finite() && evidence(f64::NAN, 0).is_finite());
    }
}
