//! Keeps tagged work: that of one user, one device, or a request whose header asks for it.

use std::collections::BTreeSet;
use std::fmt;

use super::dynamic::OwnedKey;
use crate::clock::{Clock, SystemClock};
use traced_actor::sampling::RateLimit;
use traced_actor::sampling::{Decision, Key, Operation, Sampler};

/// Keeps the operations that a rule names, up to a rate limit. Another sampler decides about the rest.
///
/// Use it to trace one user or one device completely. A rule sees the same as a sampler: the operation and its key,
/// which `#[traced(key = …)]` takes from a field of the message. To let a header or a baggage entry force sampling,
/// read it at the edge with a `Tag` of `traced-actor-propagation`, if you trust the sender, and set a field of the
/// message. Data from the wire cannot force sampling by itself.
///
/// Beyond the rate limit, the other sampler decides as if there were no rule. An operation that only a rule keeps has
/// an unknown probability. One that both keep has the probability of the other sampler, so estimates stay unbiased.
///
/// To change the rules while the process runs, put this sampler into a [`ReloadableSampler`](super::ReloadableSampler).
///
/// A decision costs that of the other sampler, and the rules up to the first one that applies. A rule for keys is a
/// lookup without an allocation.
///
/// ```
/// use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
/// use traced_actor_sampling::Forced;
///
/// // A complaint of user 4711 is looked into: everything of theirs, up to 5 traces a second.
/// set_sampler(ParentBased::new(Forced::new(Ratio::new(0.001), 5.0).key(4711)))?;
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
pub struct Forced<S, C = SystemClock> {
    inner: S,
    numbers: BTreeSet<u64>,
    texts: BTreeSet<Box<str>>,
    rules: Vec<Box<Rule>>,
    limit: RateLimit,
    clock: C,
}

type Rule = dyn Fn(&Operation<'_>) -> bool + Send + Sync;

impl<S: Sampler> Forced<S> {
    /// Creates a sampler without rules. Its rules will keep at most `per_second` operations per second.
    pub fn new(inner: S, per_second: f64) -> Self {
        Self {
            inner,
            numbers: BTreeSet::new(),
            texts: BTreeSet::new(),
            rules: Vec::new(),
            limit: RateLimit::per_second(per_second),
            clock: SystemClock,
        }
    }
}

impl<S: Sampler, C> Forced<S, C> {
    /// Sets the clock. Use it in simulations and tests.
    pub fn with_clock<D: Clock>(self, clock: D) -> Forced<S, D> {
        let Self { inner, numbers, texts, rules, limit, .. } = self;
        Forced { inner, numbers, texts, rules, limit, clock }
    }

    /// Keeps operations with this key, a number or a text.
    #[must_use]
    pub fn key(mut self, key: impl Into<OwnedKey>) -> Self {
        match key.into() {
            OwnedKey::Int(number) => drop(self.numbers.insert(number)),
            OwnedKey::Str(text) => drop(self.texts.insert(text)),
            OwnedKey::Operation(actor, kind) => return self.operation(actor, kind),
            OwnedKey::Others => {}
        }
        self
    }

    /// Keeps messages of this kind that this actor handles.
    #[must_use]
    pub fn operation(self, actor: impl Into<Box<str>>, kind: impl Into<Box<str>>) -> Self {
        let (actor, kind) = (actor.into(), kind.into());
        self.when(move |operation| *operation.actor == *actor && *operation.kind.name() == *kind)
    }

    /// Keeps the operations for which this function returns `true`.
    ///
    /// The function runs for every root. It should not lock or allocate.
    #[must_use]
    pub fn when(mut self, rule: impl Fn(&Operation<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.rules.push(Box::new(rule));
        self
    }

    fn names(&self, operation: &Operation<'_>) -> bool {
        let by_key = match operation.key {
            Some(Key::Int(number)) => self.numbers.contains(&number),
            Some(Key::Str(text)) => self.texts.contains(text),
            Some(_) | None => false,
        };
        by_key || self.rules.iter().any(|rule| rule(operation))
    }
}

impl<S: Sampler, C: Clock> Sampler for Forced<S, C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let otherwise = self.inner.sample(operation);
        if !self.names(operation) || !self.limit.allow(self.clock.now()) {
            return otherwise;
        }
        let probability = match otherwise {
            Decision::Keep { probability, .. } => probability,
            Decision::Drop { .. } => None,
        };
        Decision::Keep { probability, reason: "forced" }
    }

    fn resamples_children(&self) -> bool {
        self.inner.resamples_children()
    }
}

impl<S, C> fmt::Debug for Forced<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forced")
            .field("numbers", &self.numbers)
            .field("texts", &self.texts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;
    use traced_actor::Kind;
    use traced_actor::context::TraceId;
    use traced_actor::sampling::Ratio;

    static POST: Kind = Kind::new("Post");
    static JOIN: Kind = Kind::new("Join");

    fn decide(sampler: &dyn Sampler, kind: &'static Kind, key: Option<Key<'_>>, id: u128) -> Decision {
        let mut operation = Operation::root("Guild", kind, TraceId::new(id).unwrap());
        operation.key = key;
        sampler.sample(&operation)
    }

    #[test]
    fn what_a_rule_names_is_kept_and_the_rest_is_not_its_business() {
        let sampler = Forced::new(Ratio::new(0.5), 100.0)
            .key(7)
            .key("ada")
            .operation("Guild", "Join")
            .when(|operation| operation.fanout > Some(100));
        let (low, high) = (1, u128::MAX);
        let forced = |probability| Decision::Keep { probability, reason: "forced" };
        assert_eq!(decide(&sampler, &POST, Some(Key::Int(7)), low), forced(None));
        assert_eq!(decide(&sampler, &POST, Some(Key::Str("ada")), low), forced(None));
        assert_eq!(decide(&sampler, &JOIN, None, low), forced(None));
        let mut wide = Operation::root("Guild", &POST, TraceId::new(1).unwrap());
        wide.fanout = Some(101);
        assert_eq!(sampler.sample(&wide), forced(None));
        // The share would have kept this one too: it stands for two, forced or not.
        assert_eq!(decide(&sampler, &JOIN, None, high), forced(Some(0.5)));
        for key in [None, Some(Key::Int(8)), Some(Key::Str("7"))] {
            assert_eq!(decide(&sampler, &POST, key, low), Decision::Drop { reason: "ratio" });
        }
    }

    #[test]
    fn beyond_its_own_limit_the_other_sampler_decides() {
        let clock = ManualClock::new();
        let sampler = Forced::new(Ratio::new(0.0), 1.0).key(7).with_clock(clock.clone());
        let seven = || decide(&sampler, &POST, Some(Key::Int(7)), 1);
        assert!(matches!(seven(), Decision::Keep { .. }));
        assert_eq!(seven(), Decision::Drop { reason: "ratio" });
        clock.advance(Duration::from_secs(1));
        assert_eq!(decide(&sampler, &POST, Some(Key::Int(8)), 1), Decision::Drop { reason: "ratio" });
        assert!(matches!(seven(), Decision::Keep { .. }), "others do not use up the limit");
    }
}
