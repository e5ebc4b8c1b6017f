//! Chooses samplers by actor and kind, from data that can be read from a configuration and replaced.

use std::collections::BTreeMap;
use std::fmt;

use traced_actor::sampling::{Decision, Operation, Sampler};

/// Chooses a sampler by actor and message kind.
///
/// The most specific rule applies: first actor and kind, then actor, then kind, then the default. To change the rules
/// while the process runs, put them into a [`ReloadableSampler`](super::ReloadableSampler).
///
/// A decision costs up to three lookups in ordered maps. Empty maps are skipped. It takes no lock and does not
/// allocate.
///
/// ```
/// use traced_actor::sampling::{AlwaysOff, AlwaysOn, Ratio};
/// use traced_actor_sampling::Rules;
///
/// let rules = Rules::new(Ratio::new(0.01))
///     .actor("Presence", AlwaysOff)
///     .operation("Guild", "Post", Ratio::new(0.1))
///     .kind("Report", AlwaysOn);
/// # let _ = rules;
/// ```
pub struct Rules {
    operations: BTreeMap<String, BTreeMap<String, Box<dyn Sampler>>>,
    actors: BTreeMap<String, Box<dyn Sampler>>,
    kinds: BTreeMap<String, Box<dyn Sampler>>,
    others: Box<dyn Sampler>,
}

impl Rules {
    /// Creates rules with only the default sampler.
    pub fn new(others: impl Sampler + 'static) -> Self {
        Self {
            operations: BTreeMap::new(),
            actors: BTreeMap::new(),
            kinds: BTreeMap::new(),
            others: Box::new(others),
        }
    }

    /// Sets the sampler for all messages of an actor.
    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>, sampler: impl Sampler + 'static) -> Self {
        self.actors.insert(actor.into(), Box::new(sampler));
        self
    }

    /// Sets the sampler for messages of a kind, whichever actor handles them.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>, sampler: impl Sampler + 'static) -> Self {
        self.kinds.insert(kind.into(), Box::new(sampler));
        self
    }

    /// Sets the sampler for messages of a kind that an actor handles.
    #[must_use]
    pub fn operation(
        mut self,
        actor: impl Into<String>,
        kind: impl Into<String>,
        sampler: impl Sampler + 'static,
    ) -> Self {
        self.operations.entry(actor.into()).or_default().insert(kind.into(), Box::new(sampler));
        self
    }

    fn for_operation(&self, operation: &Operation<'_>) -> &dyn Sampler {
        let kind = operation.kind.name();
        let exact = self.operations.get(operation.actor).and_then(|kinds| kinds.get(kind));
        let found = exact.or_else(|| self.actors.get(operation.actor)).or_else(|| self.kinds.get(kind));
        &**found.unwrap_or(&self.others)
    }
}

impl Sampler for Rules {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        self.for_operation(operation).sample(operation)
    }

    /// Returns whether any of the samplers does. Then all are called, and the others decide as about roots.
    fn resamples_children(&self) -> bool {
        let operations = self.operations.values().flat_map(BTreeMap::values);
        operations
            .chain(self.actors.values())
            .chain(self.kinds.values())
            .chain([&self.others])
            .any(Sampler::resamples_children)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("operations", &self.operations.keys())
            .field("actors", &self.actors.keys())
            .field("kinds", &self.kinds.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use traced_actor::Kind;
    use traced_actor::context::new_trace_id;
    use traced_actor::sampling::AlwaysOn;

    static POST: Kind = Kind::new("Post");
    static JOIN: Kind = Kind::new("Join");

    #[test]
    fn the_most_exact_rule_decides() {
        let named = |reason| move |_: &Operation<'_>| Decision::Drop { reason };
        let rules = Rules::new(named("others"))
            .kind("Post", named("kind"))
            .actor("Guild", named("actor"))
            .operation("Guild", "Post", named("operation"));
        let cases = [
            ("Guild", &POST, "operation"),
            ("Guild", &JOIN, "actor"),
            ("Session", &POST, "kind"),
            ("Session", &JOIN, "others"),
        ];
        for (actor, kind, reason) in cases {
            let found = rules.sample(&Operation::root(actor, kind, new_trace_id()));
            assert_eq!(found, Decision::Drop { reason }, "{actor}/{}", kind.name());
        }
        assert!(!rules.resamples_children());
        assert!(rules.operation("Session", "Join", AlwaysOn).resamples_children());
    }
}
