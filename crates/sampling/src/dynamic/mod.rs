//! Samplers that keep rare keys and thin out frequent ones.
//!
//! These are the nine algorithms of Honeycomb's [dynsampler-go][source]. Each is a [`Rule`], and all use the same table
//! of counts.
//!
//! A *rate* r means that one in r is kept, with the probability 1/r. A fractional rate is rounded as in the original:
//! up by rules that aim at a mean rate, and down by rules that aim at a throughput.
//!
//! The number of keys is limited to `max_keys`, 1,000 by default. Further keys share one entry, and so one rate. The
//! original has no limit by default, and keeps all events of keys beyond a limit.
//!
//! [source]: https://github.com/honeycombio/dynsampler-go

mod average;
mod core;
mod ema;
mod fixed;
mod table;
mod throughput;
#[cfg(test)]
mod vectors;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::clock::{Clock, SystemClock};
use traced_actor::context::Timestamp;
use traced_actor::sampling::{Decision, Key, Operation, Ratio, Sampler};

pub use average::Average;
pub use ema::Ema;
pub use fixed::{Fixed, OnlyOnce};
pub use table::{KeyCounts, KeyRates, OwnedKey, Rule, Update};
use table::{Named, Tables};
pub use throughput::{PerKeyThroughput, TotalThroughput, WindowedThroughput};

/// Keeps one in r operations of each key. A [`Rule`] computes r from how often the keys occur.
///
/// The key is that of the message (`#[traced(key = …)]`). For a message without a key, it is the operation
/// (`Guild/Post`).
///
/// A decision costs a clock reading, and a lock for one lookup and one addition. One decision in every interval
/// computes all rates under that lock.
///
/// ```
/// use traced_actor_sampling::dynamic::{Ema, DynamicSampler};
/// use traced_actor::sampling::{ParentBased, set_sampler};
///
/// // One in ten overall; all of the rare keys.
/// set_sampler(ParentBased::new(DynamicSampler::new(Ema::rate(10.0))))?;
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
pub struct DynamicSampler<R, C = SystemClock> {
    tables: Mutex<Tables<R>>,
    clock: C,
}

/// The default maximum number of keys with their own rate.
const MAX_KEYS: usize = 1000;

impl<R: Rule> DynamicSampler<R> {
    /// Creates a sampler with this rule.
    pub fn new(rule: R) -> Self {
        Self { tables: Mutex::new(Tables::new(rule, MAX_KEYS)), clock: SystemClock }
    }
}

impl<R: Rule, C> DynamicSampler<R, C> {
    /// Sets the clock. Use it in simulations and tests.
    pub fn with_clock<D: Clock>(self, clock: D) -> DynamicSampler<R, D> {
        DynamicSampler { tables: self.tables, clock }
    }

    /// Sets the maximum number of keys with their own rate. Call it before the first decision.
    #[must_use]
    pub fn max_keys(self, keys: usize) -> Self {
        let tables = self.tables.into_inner().unwrap_or_else(PoisonError::into_inner).limited_to(keys);
        Self { tables: Mutex::new(tables), clock: self.clock }
    }

    /// Counts one event of this key, and returns its rate.
    pub fn rate(&self, key: Key<'_>, now: Timestamp) -> u64 {
        self.rate_of(Named::Key(key), now)
    }

    fn rate_of(&self, key: Named<'_>, now: Timestamp) -> u64 {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).rate(key, now)
    }
}

impl<R: Rule, C: Clock> Sampler for DynamicSampler<R, C> {
    #[expect(clippy::cast_precision_loss, reason = "a rate beyond 2^53 keeps none anyway")]
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let named = match operation.key {
            Some(key) => Named::Key(key),
            None => Named::Operation(operation.actor, operation.kind.name()),
        };
        let rate = self.rate_of(named, self.clock.now()).max(1);
        match Ratio::new(1.0 / rate as f64).sample(operation) {
            Decision::Keep { probability, .. } => Decision::Keep { probability, reason: "key" },
            Decision::Drop { .. } => Decision::Drop { reason: "key" },
        }
    }
}

impl<R, C> fmt::Debug for DynamicSampler<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSampler").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_nanos((1_000_000 + seconds) * 1_000_000_000)
    }

    /// Counts this number of events of a key, and returns the rate of the last one.
    fn events<R: Rule>(keyed: &DynamicSampler<R>, key: &str, number: usize, now: Timestamp) -> u64 {
        (0..number).map(|_| keyed.rate(Key::Str(key), now)).last().unwrap()
    }

    /// The rate is the goal until an interval has ended, then that interval's rate; 1 for new keys, and 1 after an idle interval.
    /// 10 + 1000 events, goal 101; Σ log₁₀ = 4, ratio 25.25. a: 1, left 25.25 − 10 = 15.25.
    /// b: share 75.75 + 15.25 = 91: ⌈1000/91⌉ = ⌈10.99⌉ = 11.
    #[test]
    fn rates_hold_for_the_interval_after_the_one_they_are_made_of() {
        let keyed = DynamicSampler::new(Average::new(10.0));
        assert_eq!(events(&keyed, "a", 10, at(0)), 10);
        assert_eq!(events(&keyed, "b", 1000, at(29)), 10);
        assert_eq!(["a", "b", "c"].map(|key| events(&keyed, key, 1, at(30))), [1, 11, 1]);
        // In the second interval each key came once, so all are kept in the third. No key comes until the fifth.
        assert_eq!(["a", "b", "c"].map(|key| events(&keyed, key, 1, at(121))), [1, 1, 1]);
    }

    /// Intervals of 15 s with 100 events: rate 10. In the fourth, the 100th event is one of 2 · (moving average 87.5):
    /// 50, 75, 87.5 → a burst at 175.
    #[test]
    fn a_burst_is_answered_before_the_interval_ends() {
        let keyed = DynamicSampler::new(Ema::throughput(1.0));
        for interval in 0..3 {
            events(&keyed, "a", 100, at(15 * interval));
        }
        // Goal 15 a interval: ⌈87.5/15⌉ = ⌈5.83⌉ = 6.
        assert_eq!(events(&keyed, "a", 174, at(45)), 6);
        // The average becomes 0.5 · 175 + 43.75 = 131.25: ⌈131.25/15⌉ = ⌈8.75⌉ = 9.
        assert_eq!(events(&keyed, "a", 1, at(45)), 9);
    }

    #[test]
    fn a_rate_by_hand_is_the_key_s_or_everybody_s() {
        let keyed = DynamicSampler::new(Fixed::new(100).key("a", 3).key(7, 1));
        assert_eq!(["a", "b"].map(|key| keyed.rate(Key::Str(key), at(0))), [3, 100]);
        assert_eq!(keyed.rate(Key::Int(7), at(0)), 1);
    }

    /// A key of any length takes a limited number of bytes in the table, and still has its own rate.
    #[test]
    fn a_long_key_is_hashed() {
        let long = |n: usize| "k".repeat(100_000 + n);
        let keyed = DynamicSampler::new(Fixed::new(100).key(long(1), 3).key(long(2), 5).key("k", 7));
        let keys = [long(1), long(2), long(3), "k".to_owned()];
        assert_eq!(keys.map(|key| keyed.rate(Key::Str(&key), at(0))), [3, 5, 100, 7]);
        assert!(keyed.tables.lock().unwrap().bytes() < 4 * 2 * 128);

        // 10 of one and 1,000 of another, as with short ones. Their beginnings keep their order, in which rates are made.
        let long = |key: &str| key.repeat(100_000);
        let keyed = DynamicSampler::new(Average::new(10.0));
        assert_eq!(events(&keyed, &long("a"), 10, at(0)), 10);
        assert_eq!(events(&keyed, &long("b"), 1000, at(29)), 10);
        assert_eq!(["a", "b", "c"].map(|key| events(&keyed, &long(key), 1, at(30))), [1, 11, 1]);
    }

    #[test]
    fn only_the_first_of_a_window_is_kept() {
        let keyed = DynamicSampler::new(OnlyOnce::new(Duration::from_secs(30)));
        let found = [0, 1, 29, 30, 31].map(|second| keyed.rate(Key::Str("a"), at(second)));
        assert_eq!(found, [1, 1_000_000_000, 1_000_000_000, 1, 1_000_000_000]);
    }

    /// Two keys and all others: 10 a second of each in 30 s are 300. The 998 other keys came 2,994 times: 2994/300 → 9.
    #[test]
    fn keys_beyond_the_bound_share_one_rate() {
        let keyed = DynamicSampler::new(PerKeyThroughput::new(10.0)).max_keys(2);
        for _ in 0..3 {
            for key in 0..1000 {
                keyed.rate(Key::Int(key), at(0));
            }
        }
        let tables = keyed.tables.lock().unwrap();
        assert_eq!(tables.places(), 3);
        drop(tables);
        assert_eq!([0, 1, 2, 999, 5000].map(|key| keyed.rate(Key::Int(key), at(30))), [1, 1, 9, 9, 9]);
    }
}
