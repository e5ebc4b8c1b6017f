//! The decisions of samplers.

/// The decision of a [`Sampler`](super::Sampler).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// Drops the operation: no span is recorded, and later receivers do not decide again.
    Drop {
        /// The reason, for the counters. A short word such as `ratio`.
        reason: &'static str,
    },
    /// Keeps the operation: a span is recorded.
    Keep {
        /// The probability with which such an operation is kept, in `(0, 1]`. `None` if it is not known.
        probability: Option<f64>,
        /// The reason, for the counters and the span attribute `sampling.reason`.
        reason: &'static str,
    },
}

impl Decision {
    /// Multiplies the probability of a kept operation by this share, as a governor does.
    ///
    /// `random` is a random number in `[0, 1)`. An operation that this drops has the reason `governor`. A decision
    /// without a probability is not changed, because estimates do not count it.
    #[must_use]
    pub fn thinned(self, share: f64, random: f64) -> Self {
        match self {
            Self::Keep { probability: Some(probability), reason } if random < share => {
                Self::Keep { probability: Some(probability * share.min(1.0)), reason }
            }
            Self::Keep { probability: Some(_), .. } => Self::Drop { reason: "governor" },
            other => other,
        }
    }
}
