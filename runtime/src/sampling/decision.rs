//! What a sampler answers.

/// The answer of a [`Sampler`](super::Sampler).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// No span, and no receiver further on decides again.
    Drop {
        /// Why, for the counters; a short static word like `ratio`.
        reason: &'static str,
    },
    /// A span.
    Keep {
        /// The probability with which such an operation is kept, in `(0, 1]`; `None` if it is not known.
        probability: Option<f64>,
        /// Why, for the counters and the span attribute `sampling.reason`.
        reason: &'static str,
    },
}

impl Decision {
    /// Returns this share of what the decision keeps, with its probability: a governor's part. `random` is a random number in
    /// `[0, 1)`. What has no probability stays, for no estimate counts it; what is dropped is dropped for the reason
    /// `governor`.
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
