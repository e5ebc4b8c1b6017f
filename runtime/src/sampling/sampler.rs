//! Who decides: the trait of all samplers.

use super::{Decision, Operation};

/// Decides whether an operation starts, continues or drops a trace.
///
/// A function `fn(&Operation<'_>) -> Decision` is a sampler.
///
/// Cost: called once for every message that might start a trace, unless [`fixed_root_ratio`](Self::fixed_root_ratio) says
/// how many are kept; keep it free of locks and allocations.
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
    /// The decision for this operation.
    fn sample(&self, operation: &Operation<'_>) -> Decision;

    /// Whether it is also asked about messages whose sender has decided already.
    ///
    /// The default, `false`, continues what is sampled and leaves alone what is not, at no cost. Nobody is asked below
    /// a recipient that a fan-out did not choose; and what is kept though its sender decided not to has no known
    /// probability, because those that the sender kept stand for it.
    fn resamples_children(&self) -> bool {
        false
    }

    /// Returns the ratio of a [`Ratio`](super::Ratio), if it decides about every root as that does: by the trace id alone, and
    /// for the reason `ratio`.
    ///
    /// As the process-wide sampler it is then asked only about the roots that it keeps. How many are dropped before the
    /// next is drawn at once, so that a dropped root costs a few nanoseconds and no random number.
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
