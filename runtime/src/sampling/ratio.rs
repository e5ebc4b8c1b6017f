//! Samples a share of all traces by the trace id, so that all services that use the rule agree.

use super::randomness::RANGE;
use super::{Decision, Operation, Sampler};
use crate::context::{ContextState, SampledContext};

/// Keeps a fixed share of traces: those whose randomness is at or above the rejection threshold.
///
/// The randomness R is `rv` of the `tracestate`, or the right-most 56 bits of the trace id. With the probability p and
/// the threshold T = (1 − p)·2⁵⁶, a trace is kept if R ≥ T ([OpenTelemetry, *Probability sampling*][spec]). The SDK's
/// own `TraceIdRatioBased` keeps the other end of the range, so the two samplers keep different traces.
///
/// # Cost
///
/// Takes no lock, does not allocate, and draws no random number.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    threshold: u64,
    probability: f64,
}

impl Ratio {
    /// Creates a sampler that keeps this share. `ratio` is clamped to `0.0..=1.0`, and NaN counts as 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the product lies in 0..=2^56, and a float has 53 bits of it, as the specification expects"
    )]
    pub fn new(ratio: f64) -> Self {
        let probability = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) };
        let kept = (probability * RANGE as f64).round() as u64;
        Self { threshold: RANGE - kept, probability }
    }

    /// Returns the probability with which a child of `parent` is kept.
    ///
    /// A sampled parent was selected by the same randomness. So only the part that its rule kept beyond this share is
    /// dropped. The independent part of its probability, such as that of a fan-out, does not count.
    fn given(&self, parent: ContextState<'_>) -> f64 {
        match parent {
            ContextState::Sampled(SampledContext {
                probability: Some(before), fanout_probability, ..
            }) => (self.probability * f64::from(*fanout_probability) / before).min(1.0),
            _ => self.probability,
        }
    }

    /// Returns whether a trace with this randomness is kept.
    #[inline]
    const fn keeps(&self, randomness: u64) -> bool {
        randomness >= self.threshold
    }

    /// Returns the size of the kept range of randomness.
    pub(super) const fn kept(&self) -> u64 {
        RANGE - self.threshold
    }

    /// Returns the share of kept traces.
    pub const fn probability(&self) -> f64 {
        self.probability
    }
}

impl Sampler for Ratio {
    #[inline]
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        if self.keeps(operation.randomness()) {
            operation.decided_by_randomness(self.probability);
            Decision::Keep { probability: Some(self.given(operation.parent)), reason: "ratio" }
        } else {
            Decision::Drop { reason: "ratio" }
        }
    }

    fn resamples_children(&self) -> bool {
        true
    }

    fn fixed_root_ratio(&self) -> Option<f64> {
        Some(self.probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::context::TraceId;

    static KIND: Kind = Kind::new("Post");

    fn keeps(ratio: f64, randomness: u64) -> bool {
        // The upper bits are not part of the randomness.
        let id = TraceId::new(u128::MAX << 56 | u128::from(randomness)).unwrap();
        let decision = Ratio::new(ratio).sample(&Operation::root("Guild", &KIND, id));
        matches!(decision, Decision::Keep { .. })
    }

    /// Thresholds from the specification's table: 0.5 → `8`, 0.25 → `c`, 0.1 → `e666…`, 1 → `0`.
    #[test]
    fn the_threshold_is_the_specification_s() {
        let cases = [(0.5, 0x80_0000_0000_0000), (0.25, 0xc0_0000_0000_0000), (0.1, 0xe6_6666_6666_6668)];
        for (ratio, threshold) in cases {
            assert!(keeps(ratio, threshold), "{ratio}: at the threshold");
            assert!(!keeps(ratio, threshold - 16), "{ratio}: below it");
        }
    }

    /// The explicit randomness decides about an id whose own bits would be dropped, and the other way round.
    #[test]
    fn an_explicit_randomness_is_taken_instead_of_the_id_s() {
        let decision = |id: u128, tracestate| {
            let operation =
                Operation::root("Guild", &KIND, TraceId::new(id).unwrap()).with_tracestate(tracestate);
            matches!(Ratio::new(0.5).sample(&operation), Decision::Keep { .. })
        };
        assert!(!decision(1, None));
        assert!(decision(1, Some("ot=rv:80000000000000")));
        assert!(decision(1 << 55, Some("ot=rv:8")), "not 14 digits: the id's own");
        assert!(!decision(1 << 55, Some("ot=th:0;rv:7fffffffffffff")));
    }

    /// The sender kept half of all traces, by the same randomness: of those, a quarter of all is a half. So it is of the
    /// tenth of them that a fan-out chose; of a fan-out's tenth of all it is a quarter.
    #[test]
    fn asked_again_it_says_what_its_own_answer_adds() {
        use crate::context::{SampledContext, TraceContext, TraceFlags, new_span_id};
        let id = TraceId::new(u128::MAX).unwrap();
        let ids = TraceContext::new(id, new_span_id(), TraceFlags::SAMPLED);
        let context = |probability, fanout_probability| SampledContext {
            probability,
            fanout_probability,
            ..SampledContext::new(ids)
        };
        let chance = |ratio, parent: &SampledContext| {
            let root = Operation::root("Guild", &KIND, id);
            match Ratio::new(ratio).sample(&Operation { parent: ContextState::Sampled(parent), ..root }) {
                Decision::Keep { probability, .. } => probability,
                Decision::Drop { .. } => panic!("the highest randomness is always kept"),
            }
        };
        let cases = [
            (0.25, Some(0.5), 1.0, 0.5),
            (0.75, Some(0.5), 1.0, 1.0),
            (0.25, Some(0.05), 0.1, 0.5),
            (0.25, Some(0.1), 0.1, 0.25),
            (1.0, Some(0.1), 0.1, 1.0),
            (0.25, None, 1.0, 0.25),
        ];
        for (ratio, before, fanout_probability, expected) in cases {
            let found = chance(ratio, &context(before, fanout_probability)).unwrap();
            // The independent part has seven digits.
            assert!(
                (found / expected - 1.0).abs() < 1e-6,
                "{found} is not {expected}: {ratio} of {before:?}"
            );
        }
    }

    #[test]
    fn none_and_all_are_exact() {
        assert!(!keeps(0.0, RANGE - 1));
        assert!(!keeps(f64::NAN, RANGE - 1));
        assert!(keeps(1.0, 0));
        assert!(keeps(7.0, 0));
    }
}
