//! The sender's decision stands; only a root is decided about.

use super::{Decision, Operation, Sampler};
use crate::context::State;

/// Follows the sender where it decided, and asks another sampler where nobody has.
///
/// Where this is the process-wide sampler, a message whose sender decided costs no call at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParentBased<S> {
    root: S,
}

impl<S: Sampler> ParentBased<S> {
    /// Asks `root` where nobody has decided.
    pub const fn new(root: S) -> Self {
        Self { root }
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match operation.parent {
            State::Absent => self.root.sample(operation),
            State::Unsampled => Decision::Drop { reason: "parent" },
            // The probability of the sender's decision travels in its context; continuing adds none.
            State::Sampled(_) => Decision::Keep { probability: Some(1.0), reason: "parent" },
        }
    }
}
