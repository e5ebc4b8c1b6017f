//! Samplers that keep everything or nothing.

use super::{Decision, Operation, Sampler};

/// Keeps every operation, regardless of the sender's decision.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlwaysOn;

/// Drops every operation, regardless of the sender's decision.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlwaysOff;

impl Sampler for AlwaysOn {
    fn sample(&self, _: &Operation<'_>) -> Decision {
        Decision::Keep { probability: Some(1.0), reason: "always_on" }
    }

    fn resamples_children(&self) -> bool {
        true
    }
}

impl Sampler for AlwaysOff {
    fn sample(&self, _: &Operation<'_>) -> Decision {
        Decision::Drop { reason: "always_off" }
    }

    fn resamples_children(&self) -> bool {
        true
    }
}
