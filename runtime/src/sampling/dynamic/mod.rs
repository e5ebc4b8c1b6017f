//! Rates by key: rare keys are kept, frequent ones thinned out. The nine algorithms of Honeycomb's
//! [dynsampler-go][source], each a [`Rule`] of its own, over one table of counts.
//!
//! All of them speak of a *rate* r: one in r is kept, with the probability 1/r. Where a rule's rate is a fraction
//! it is rounded as the original does: up by those that aim at a mean rate, down by those that aim at a throughput.
//!
//! Unlike the original, whose tables are unbounded unless told, there are at most `max_keys` keys (1,000 unless
//! told); further ones share one place, and so one rate, where the original keeps all of them.
//!
//! [source]: https://github.com/honeycombio/dynsampler-go

mod average;
mod core;
mod ema;
mod fixed;
mod table;
mod throughput;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{Clock, Decision, Key, Operation, Ratio, Sampler, SystemClock};
use crate::context::Timestamp;

pub use average::Average;
pub use ema::Ema;
pub use fixed::{Fixed, OnlyOnce};
pub use table::{Counts, KeyOf, Rates, Rule, Update};
use table::{Named, Tables};
pub use throughput::{PerKeyThroughput, TotalThroughput, WindowedThroughput};

/// Keeps one in r operations of each key, where a rule finds r from how often the keys come.
///
/// The key is the message's own (`#[traced(key = …)]`), or the operation (`Guild/Post`) where it has none.
///
/// Cost: a clock reading, and one lock held for a look-up and an addition; about 50 ns where it is free. Every interval, one
/// decision computes all rates: about 100 ns a key.
///
/// ```
/// use traced_actor::sampling::dynamic::{Ema, Keyed};
/// use traced_actor::sampling::{ParentBased, set_sampler};
///
/// // One in ten on the whole; what is rare, all of it.
/// set_sampler(ParentBased::new(Keyed::new(Ema::rate(10.0))))?;
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
pub struct Keyed<R, C = SystemClock> {
    tables: Mutex<Tables<R>>,
    clock: C,
}

/// The keys that have a rate of their own, unless told.
const MAX_KEYS: usize = 1000;

impl<R: Rule> Keyed<R> {
    /// By this rule.
    pub fn new(rule: R) -> Self {
        Self { tables: Mutex::new(Tables::new(rule, MAX_KEYS)), clock: SystemClock }
    }
}

impl<R: Rule, C> Keyed<R, C> {
    /// By this clock.
    pub fn with_clock<D: Clock>(self, clock: D) -> Keyed<R, D> {
        Keyed { tables: self.tables, clock }
    }

    /// At most so many keys have a rate of their own. Before the first decision.
    #[must_use]
    pub fn max_keys(self, keys: usize) -> Self {
        let tables = self.tables.into_inner().unwrap_or_else(PoisonError::into_inner).limited_to(keys);
        Self { tables: Mutex::new(tables), clock: self.clock }
    }

    /// Counts one event of this key, and gives its rate.
    pub fn rate(&self, key: Key<'_>, now: Timestamp) -> u64 {
        self.rate_of(Named::Key(key), now)
    }

    fn rate_of(&self, key: Named<'_>, now: Timestamp) -> u64 {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).rate(key, now)
    }
}

impl<R: Rule, C: Clock> Sampler for Keyed<R, C> {
    #[expect(clippy::cast_precision_loss, reason = "a rate beyond 2^53 keeps none anyway")]
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let named = match operation.key {
            Some(key) => Named::Key(key),
            None => Named::Operation(operation.actor, operation.kind.name()),
        };
        let probability = 1.0 / self.rate_of(named, self.clock.now()).max(1) as f64;
        if Ratio::new(probability).keeps(operation.randomness()) {
            Decision::Keep { probability: Some(probability), reason: "key" }
        } else {
            Decision::Drop { reason: "key" }
        }
    }
}

impl<R, C> fmt::Debug for Keyed<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}
