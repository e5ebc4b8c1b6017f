//! A sampler that is replaced while the process runs, and read without a lock.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use traced_actor::sampling::{Decision, Operation, Sampler, refresh};

/// Holds a sampler that can be replaced at run time, for example when a configuration changes.
///
/// Clones share one sampler. A decision reads it without a lock and without an allocation. A decision that is in
/// progress finishes with the sampler that it began with.
///
/// ```
/// use traced_actor::sampling::{AlwaysOff, ParentBased, Ratio, set_sampler};
/// use traced_actor_sampling::ReloadableSampler;
///
/// let sampler = ReloadableSampler::new(ParentBased::new(Ratio::new(0.01)));
/// set_sampler(sampler.clone())?;
/// // Later, somewhere else:
/// sampler.set(AlwaysOff);
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
#[derive(Clone)]
pub struct ReloadableSampler(Arc<ArcSwap<Box<dyn Sampler>>>);

impl ReloadableSampler {
    /// Creates a reloadable sampler that holds `sampler`.
    pub fn new(sampler: impl Sampler + 'static) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Box::new(sampler))))
    }

    /// Replaces the sampler. It applies to decisions that begin after this call returns.
    pub fn set(&self, sampler: impl Sampler + 'static) {
        self.0.store(Arc::new(Box::new(sampler)));
        // The process-wide sampler may be this one, or contain it.
        refresh();
    }
}

impl Sampler for ReloadableSampler {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        self.0.load().sample(operation)
    }

    fn resamples_children(&self) -> bool {
        self.0.load().resamples_children()
    }

    fn fixed_root_ratio(&self) -> Option<f64> {
        self.0.load().fixed_root_ratio()
    }
}

impl fmt::Debug for ReloadableSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReloadableSampler")
    }
}
