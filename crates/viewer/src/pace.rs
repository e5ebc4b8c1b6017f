//! The sampler that applies if none is set. It keeps as many traces per second as a person and the page can use.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use traced_actor::sampling::{Decision, Operation, Ratio, Sampler, refresh};

/// Keeps every root while there are few, and a smaller share if there are more.
///
/// The probability of each decision is known before it, so estimates stay unbiased.
///
/// The viewer's thread calls [`tick`](Self::tick) once per second. Within a second, the probability is halved each time
/// that the goal is reached again, so the number of kept roots in a burst grows only with its logarithm.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Arc<Shared>);

struct Shared {
    goal: u64,
    /// The bits of an `f64`.
    probability: AtomicU64,
    /// The number of roots that were kept in this second.
    kept: AtomicU64,
    /// The number of roots that those of this second stand for, in thousandths.
    seen: AtomicU64,
}

/// The minimum probability.
const LEAST: f64 = 1e-6;

impl Pace {
    /// Creates a sampler for about this many traces per second.
    pub(crate) fn new(goal: u32) -> Self {
        Self(Arc::new(Shared {
            goal: u64::from(goal.max(1)),
            probability: AtomicU64::new(1.0_f64.to_bits()),
            kept: AtomicU64::new(0),
            seen: AtomicU64::new(0),
        }))
    }

    fn probability(&self) -> f64 {
        f64::from_bits(self.0.probability.load(Relaxed))
    }

    fn set(&self, probability: f64) {
        let bits = probability.clamp(LEAST, 1.0).to_bits();
        if self.0.probability.swap(bits, Relaxed) != bits {
            refresh();
        }
    }

    /// Begins a new second.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn tick(&self) {
        let kept = self.0.kept.swap(0, Relaxed);
        let seen = self.0.seen.swap(0, Relaxed) as f64 / 1000.0;
        let goal = self.0.goal as f64;
        if kept * 10 < self.0.goal {
            // There are too few roots for an estimate.
            self.set(self.probability() * 4.0);
        } else {
            self.set(goal / seen.max(1.0));
        }
    }
}

impl Sampler for Pace {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1,000 and 10⁹")]
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let probability = self.probability();
        let decision = Ratio::new(probability).sample(operation);
        if let Decision::Keep { .. } = decision {
            self.0.seen.fetch_add((1000.0 / probability) as u64, Relaxed);
            let kept = self.0.kept.fetch_add(1, Relaxed) + 1;
            if kept.is_multiple_of(self.0.goal) {
                self.set(probability / 2.0);
            }
        }
        decision
    }

    /// Returns the probability of this moment, so that a root that is not kept costs no more than with a fixed one.
    fn fixed_root_ratio(&self) -> Option<f64> {
        Some(self.probability())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("goal", &self.goal).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use traced_actor::{Kind, TraceId};

    use super::*;

    static KIND: Kind = Kind::new("Post");

    /// Sends so many roots. Returns how many are kept, and how many they stand for.
    fn second(pace: &Pace, roots: u64, random: &mut u64) -> (u64, f64) {
        let (mut kept, mut stands_for) = (0, 0.0);
        for _ in 0..roots {
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let id = TraceId::new(u128::from(*random >> 8) | 1 << 100).unwrap();
            if let Decision::Keep { probability, .. } = pace.sample(&Operation::root("Guild", &KIND, id)) {
                kept += 1;
                stands_for += 1.0 / probability.unwrap();
            }
        }
        pace.tick();
        (kept, stands_for)
    }

    #[test]
    fn few_are_all_kept_and_many_are_thinned_without_bias() {
        let (pace, mut random) = (Pace::new(100), 7);
        for _ in 0..5 {
            assert_eq!(second(&pace, 50, &mut random).0, 50);
        }
        let (burst, _) = second(&pace, 100_000, &mut random);
        assert!(burst < 1_200, "a burst is halved each time that the goal is reached: {burst}");
        let (mut kept, mut stands_for) = (0, 0.0);
        for _ in 0..40 {
            let (n, weight) = second(&pace, 100_000, &mut random);
            kept += n;
            stands_for += weight;
        }
        assert!((60..=140).contains(&(kept / 40)), "{kept}");
        assert!((stands_for / 4e6 - 1.0).abs() < 0.1, "{stands_for}");
        // When it is quiet again, all are kept after some seconds.
        for _ in 0..8 {
            second(&pace, 1, &mut random);
        }
        assert_eq!(second(&pace, 50, &mut random).0, 50);
    }
}
