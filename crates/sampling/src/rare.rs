//! Keeps the first operation of each kind in a window.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use traced_actor::context::Timestamp;
use traced_actor::sampling::RateLimit;
use traced_actor::sampling::{Decision, Operation, Sampler};

/// Keeps at least one operation of each kind in each window. Another sampler decides about the rest.
///
/// A kind is an actor, a message kind and the message's key, if it has one. The window of a kind begins when an
/// operation of it is kept, by this sampler or the other one.
///
/// Memory is bounded and allocated at once: 8 bytes for each place. A kind needs one place. If the eight places that a
/// kind may use are taken by other kinds of this window, the kind counts as already seen. With more kinds than places,
/// some rare ones are missed, and the load does not grow. Two kinds are confused, and the second one is missed, with a
/// probability of about one in two million.
///
/// An operation that is kept only because it is rare has an unknown probability. Estimates do not count it, because the
/// operations that the other sampler keeps stand for all.
///
/// A decision costs a clock reading, a hash and up to eight atomic operations. It takes no lock and does not allocate.
///
/// ```
/// use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
/// use traced_actor_sampling::Rare;
///
/// // One in a thousand, and one of each kind a minute.
/// set_sampler(ParentBased::new(Rare::new(Ratio::new(0.001))))?;
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
pub struct Rare<S, C = SystemClock> {
    inner: S,
    window: u64,
    limit: RateLimit,
    /// The kinds by their hash, or zero for an empty place.
    ///
    /// The upper 24 bits are a mark. The lower 40 bits are the millisecond, since the start, at which an operation of
    /// the kind was kept.
    places: Box<[AtomicU64]>,
    hasher: RandomState,
    start: Timestamp,
    clock: C,
}

const PLACES: usize = 4096;
/// The number of places that a kind may use.
const TRIES: usize = 8;
const MARK: u32 = 40;

impl<S: Sampler> Rare<S> {
    /// Creates a sampler that keeps one operation of each kind per minute.
    ///
    /// There is room for 4,096 kinds, and at most five operations per second are kept in total.
    pub fn new(inner: S) -> Self {
        let clock = SystemClock;
        Self {
            inner,
            window: 60_000,
            limit: RateLimit::per_second(5.0),
            places: places(PLACES),
            hasher: RandomState::new(),
            start: clock.now(),
            clock,
        }
    }
}

impl<S: Sampler, C: Clock> Rare<S, C> {
    /// Sets the length of the windows, in steps of one millisecond.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
        self
    }

    /// Sets the maximum number of operations per second that are kept because they are rare.
    #[must_use]
    pub fn at_most(mut self, per_second: f64) -> Self {
        self.limit = RateLimit::per_second(per_second);
        self
    }

    /// Sets the number of kinds for which there is room.
    #[must_use]
    pub fn places(mut self, kinds: usize) -> Self {
        self.places = places(kinds);
        self
    }

    /// Sets the clock. Use it in simulations and tests.
    pub fn with_clock<D: Clock>(self, clock: D) -> Rare<S, D> {
        let Self { inner, window, limit, places, hasher, .. } = self;
        Rare { inner, window, limit, places, hasher, start: clock.now(), clock }
    }

    /// Returns the place of a kind that was not kept in this window, with its current and its new content.
    fn place(&self, hash: u64, now: Timestamp) -> Option<(&AtomicU64, u64, u64)> {
        let millis = self.millis(now);
        let new = (hash >> MARK) << MARK | millis;
        let start = usize::try_from(hash % self.places.len() as u64).unwrap_or(0);
        let mut free = None;
        for i in 0..TRIES.min(self.places.len()) {
            let place = &self.places[(start + i) % self.places.len()];
            let held = place.load(Relaxed);
            let at = held & ((1 << MARK) - 1);
            let is_over = held == 0 || millis >= at.saturating_add(self.window);
            if held >> MARK == hash >> MARK && held != 0 {
                return is_over.then_some((place, held, new));
            }
            if is_over && free.is_none() {
                free = Some((place, held, new));
            }
        }
        free
    }

    /// Returns the milliseconds since the start, from 1 to 2⁴⁰ (34 years).
    fn millis(&self, now: Timestamp) -> u64 {
        (now.since(self.start).as_nanos() / 1_000_000 + 1).min((1 << MARK) - 1).try_into().unwrap_or(1)
    }
}

fn places(kinds: usize) -> Box<[AtomicU64]> {
    (0..kinds.max(1)).map(|_| AtomicU64::new(0)).collect()
}

impl<S: Sampler, C: Clock> Sampler for Rare<S, C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let otherwise = self.inner.sample(operation);
        let now = self.clock.now();
        let hash = self.hasher.hash_one((operation.actor, operation.kind.name(), operation.key));
        let Some((place, held, new)) = self.place(hash, now) else { return otherwise };
        let take = || place.compare_exchange(held, new, Relaxed, Relaxed).is_ok();
        match otherwise {
            Decision::Keep { .. } => {
                take();
                otherwise
            }
            // The limit is checked first: a kind that the limit drops may still be kept later.
            Decision::Drop { .. } if self.limit.allow(now) && take() => {
                Decision::Keep { probability: None, reason: "rare" }
            }
            Decision::Drop { .. } => otherwise,
        }
    }

    fn resamples_children(&self) -> bool {
        self.inner.resamples_children()
    }
}

impl<S, C> fmt::Debug for Rare<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rare").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use traced_actor::Kind;
    use traced_actor::context::new_trace_id;
    use traced_actor::sampling::{AlwaysOff, AlwaysOn, Key};

    static POST: Kind = Kind::new("Post");
    static JOIN: Kind = Kind::new("Join");

    fn reason(sampler: &dyn Sampler, kind: &'static Kind, key: u64) -> &'static str {
        let operation = Operation::root("Guild", kind, new_trace_id()).with_key(Key::Int(key));
        match sampler.sample(&operation) {
            Decision::Keep { reason, .. } | Decision::Drop { reason } => reason,
        }
    }

    #[test]
    fn the_first_of_each_kind_in_a_window_is_kept() {
        let clock = ManualClock::new();
        let sampler = Rare::new(AlwaysOff).window(Duration::from_secs(10)).with_clock(clock.clone());
        let kinds = || [reason(&sampler, &POST, 1), reason(&sampler, &JOIN, 1), reason(&sampler, &POST, 2)];
        assert_eq!(kinds(), ["rare"; 3]);
        assert_eq!(kinds(), ["always_off"; 3]);
        clock.advance(Duration::from_millis(9_999));
        assert_eq!(kinds(), ["always_off"; 3]);
        clock.advance(Duration::from_millis(1));
        assert_eq!(kinds(), ["rare"; 3]);
    }

    #[test]
    fn one_that_was_kept_anyway_begins_the_window() {
        use crate::reloadable::ReloadableSampler;
        let clock = ManualClock::new();
        let inner = ReloadableSampler::new(AlwaysOn);
        let sampler = Rare::new(inner.clone()).window(Duration::from_secs(10)).with_clock(clock.clone());
        assert_eq!(reason(&sampler, &POST, 1), "always_on");
        inner.set(AlwaysOff);
        clock.advance(Duration::from_secs(9));
        assert_eq!(reason(&sampler, &POST, 1), "always_off");
        clock.advance(Duration::from_secs(1));
        assert_eq!(reason(&sampler, &POST, 1), "rare");
    }

    #[test]
    fn at_most_so_many_a_second_and_those_too_many_come_later() {
        let clock = ManualClock::new();
        let sampler = Rare::new(AlwaysOff).at_most(2.0).with_clock(clock.clone());
        let found: Vec<_> = (0..3).map(|key| reason(&sampler, &POST, key)).collect();
        assert_eq!(found, ["rare", "rare", "always_off"]);
        clock.advance(Duration::from_millis(500));
        assert_eq!(reason(&sampler, &POST, 2), "rare");
    }

    /// 64 places and 10,000 kinds, three times over within a window: no more are kept than there are places.
    #[test]
    fn more_kinds_than_places_do_not_grow_the_load() {
        let sampler = Rare::new(AlwaysOff).places(64).at_most(1e6).with_clock(ManualClock::new());
        let mut kept = 0;
        for _ in 0..3 {
            kept += (0..10_000).filter(|key| reason(&sampler, &POST, *key) == "rare").count();
        }
        assert_eq!(kept, 64);
    }
}
