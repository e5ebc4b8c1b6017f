//! The trait of all samplers.

use super::{Decision, Operation};

/// Decides whether an operation starts, continues or drops a trace.
///
/// Every function `fn(&Operation<'_>) -> Decision` is a sampler.
///
/// It is called for every message that may start a trace, unless [`fixed_root_ratio`](Self::fixed_root_ratio) returns a
/// ratio. Implementations should avoid locks and allocations.
///
/// ```
/// use traced_actor::sampling::{Decision, Operation, Sampler};
///
/// fn only_posts(operation: &Operation<'_>) -> Decision {
///     match operation.kind.name() {
///         "Post" => Decision::Keep { probability: Some(1.0), reason: "post" },
///         _ => Decision::Drop { reason: "not_a_post" },
///     }
/// }
/// # fn assert_sampler(_: impl Sampler) {}
/// # assert_sampler(only_posts);
/// ```
pub trait Sampler: Send + Sync {
    /// Returns the decision for this operation.
    fn sample(&self, operation: &Operation<'_>) -> Decision;

    /// Returns whether it is also called for messages whose sender has already decided.
    ///
    /// The default is `false`: sampled traces continue, and unsampled messages stay unsampled. If it is `true`, the
    /// sampler is still not called below a recipient that a fan-out did not select. A message that is kept although
    /// its sender did not sample it has no known probability, because the messages that the sender sampled stand for
    /// it.
    fn resamples_children(&self) -> bool {
        false
    }

    /// Returns a ratio if this sampler decides about every root like a [`Ratio`](super::Ratio).
    ///
    /// It must decide by the trace id alone, and with the reason `ratio`.
    ///
    /// If it is the process-wide sampler, it is then called only for roots that it keeps. The number of dropped roots
    /// before the next kept one is drawn at once, so that a dropped root needs no random number.
    fn fixed_root_ratio(&self) -> Option<f64> {
        None
    }
}

impl<F> Sampler for F
where
    F: Fn(&Operation<'_>) -> Decision + Send + Sync,
{
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        self(operation)
    }
}

impl Sampler for Box<dyn Sampler> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        (**self).sample(operation)
    }

    fn resamples_children(&self) -> bool {
        (**self).resamples_children()
    }

    fn fixed_root_ratio(&self) -> Option<f64> {
        (**self).fixed_root_ratio()
    }
}
