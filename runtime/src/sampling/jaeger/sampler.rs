//! The sampler that does what Jaeger's server says.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::strategy::Strategy;
use crate::context::Timestamp;
use crate::sampling::bucket::Bucket;
use crate::sampling::limit::{Owed, guaranteed_or};
use crate::sampling::table::Table;
use crate::sampling::{Clock, Decision, Note, Operation, Ratio, Sampler, SystemClock};

/// Operations that have a sampler of their own, as in Jaeger's clients. Others have the default probability, and no
/// lower bound.
const MAX_OPERATIONS: usize = 2000;
/// Jaeger's own default, until a server has answered.
const FIRST: Strategy = Strategy::Probabilistic(0.001);

/// Samples roots as Jaeger's server says, and goes on with its last good answer while it is away.
///
/// The rules are those of [Jaeger's clients][jaeger], with these differences:
///
/// * a share is chosen by OpenTelemetry's consistent rule, as by [`Ratio`], not by the lower bits of the trace id;
/// * what only a lower bound keeps has no known probability (see [`Guaranteed`](super::super::Guaranteed));
/// * a limit of zero a second keeps nothing, not even the first.
///
/// Each kept root has the attributes `sampler.type` (`probabilistic`, `lowerbound`, `ratelimiting`) and
/// `sampler.param`: without them Jaeger's adaptive sampling never adapts.
///
/// A clone is the same sampler. Cost of a decision: a few atomic words, and a clock reading unless the strategy is
/// probabilistic; no lock.
///
/// ```
/// use traced_actor::sampling::jaeger::{JaegerRemote, Operations, Strategy};
/// use traced_actor::sampling::{ParentBased, set_sampler};
///
/// let jaeger = JaegerRemote::new();
/// set_sampler(ParentBased::new(jaeger.clone()))?;
/// // With the feature `jaeger-remote`: let polling = jaeger.poll("http://localhost:5778/sampling", "chat");
/// jaeger.apply(&Strategy::Operations(Operations::new(0.001, 1.0 / 60.0, vec![("Guild/Post".into(), 0.2)])));
/// # Ok::<(), traced_actor::sampling::AlreadySet>(())
/// ```
///
/// [jaeger]: https://github.com/jaegertracing/jaeger-client-go/blob/master/sampler.go
pub struct JaegerRemote<C = SystemClock>(Arc<Shared<C>>);

struct Shared<C> {
    state: ArcSwap<State>,
    /// One update at a time.
    updating: Mutex<()>,
    clock: C,
}

enum State {
    Probabilistic(Ratio),
    RateLimiting { bucket: Bucket, owed: Owed },
    Operations { default: Ratio, lower_bound: f64, operations: Table<PerOperation> },
}

struct PerOperation {
    ratio: Ratio,
    lower_bound: Bucket,
}

impl JaegerRemote {
    /// Keeps one in a thousand until told otherwise, as Jaeger does.
    pub fn new() -> Self {
        Self::with_clock(SystemClock)
    }
}

impl Default for JaegerRemote {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Clock> JaegerRemote<C> {
    /// By this clock.
    pub fn with_clock(clock: C) -> Self {
        let state = State::of(&FIRST, None, clock.now());
        Self(Arc::new(Shared { state: ArcSwap::from_pointee(state), updating: Mutex::new(()), clock }))
    }

    /// Samples by this strategy from here on.
    ///
    /// What was left of a limit stays left, in proportion: were it full anew, every process that a new strategy
    /// reaches would spend all of it at once.
    pub fn apply(&self, strategy: &Strategy) {
        let _updating = self.0.updating.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.0.state.load_full();
        let new = State::of(strategy, Some(&old), self.0.clock.now());
        self.0.state.store(Arc::new(new));
    }
}

impl State {
    fn of(strategy: &Strategy, old: Option<&Self>, now: Timestamp) -> Self {
        match strategy {
            Strategy::Probabilistic(share) => Self::Probabilistic(Ratio::new(*share)),
            Strategy::RateLimiting(rate) => {
                let (bucket, owed) = match old {
                    Some(Self::RateLimiting { bucket, owed }) => {
                        (bucket.resized(*rate, now), owed.hand_over())
                    }
                    _ => (Bucket::new(*rate), Owed::default()),
                };
                Self::RateLimiting { bucket, owed }
            }
            Strategy::Operations(new) => {
                let default = Ratio::new(new.default_probability);
                let operations = Table::new(MAX_OPERATIONS);
                let known = match old {
                    Some(Self::Operations { operations, .. }) => Some(operations.all()),
                    _ => None,
                };
                let known = || known.iter().flat_map(|known| known.values());
                let before: HashMap<&str, _> = known().map(|entry| (&*entry.name, entry)).collect();
                let bucket = |name: &str| match before.get(name) {
                    Some(entry) => entry.value.lower_bound.resized(new.lower_bound, now),
                    None => Bucket::new(new.lower_bound),
                };
                for (name, share) in &new.operations {
                    let ratio = Ratio::new(*share);
                    operations.add(name, |name| PerOperation { ratio, lower_bound: bucket(name) });
                }
                for entry in known() {
                    let lower_bound = || entry.value.lower_bound.resized(new.lower_bound, now);
                    operations
                        .add(&entry.name, |_| PerOperation { ratio: default, lower_bound: lower_bound() });
                }
                Self::Operations { default, lower_bound: new.lower_bound, operations }
            }
        }
    }
}

impl<C: Clock> Sampler for JaegerRemote<C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match &**self.0.state.load() {
            State::Probabilistic(ratio) => {
                noted(operation, ratio.probability(), guaranteed_or(*ratio, operation, false))
            }
            State::RateLimiting { bucket, owed } => {
                if bucket.take(self.0.clock.now()) {
                    operation.note("sampler.type", Note::Str("ratelimiting"));
                    operation.note("sampler.param", Note::Float(bucket.rate()));
                    Decision::Keep { probability: owed.settle(Some(1.0)), reason: "rate_limit" }
                } else {
                    owed.add(Some(1.0));
                    Decision::Drop { reason: "rate_limit" }
                }
            }
            State::Operations { default, lower_bound, operations } => {
                let now = self.0.clock.now();
                let new = |_: &str| PerOperation { ratio: *default, lower_bound: Bucket::new(*lower_bound) };
                let decide = |known: &PerOperation| {
                    let guaranteed = known.lower_bound.take(now);
                    let decision = guaranteed_or(known.ratio, operation, guaranteed);
                    noted(operation, known.ratio.probability(), decision)
                };
                operations.with(operation.actor, operation.kind.name(), new, decide).unwrap_or_else(|| {
                    noted(operation, default.probability(), guaranteed_or(*default, operation, false))
                })
            }
        }
    }
}

/// The decision, with the attributes that Jaeger's adaptive sampling counts by. Their parameter is the share in
/// both cases.
fn noted(operation: &Operation<'_>, share: f64, decision: Decision) -> Decision {
    if let Decision::Keep { reason, .. } = decision {
        let kind = if reason == "lowerbound" { "lowerbound" } else { "probabilistic" };
        operation.note("sampler.type", Note::Str(kind));
        operation.note("sampler.param", Note::Float(share));
    }
    decision
}

impl<C> Clone for JaegerRemote<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C> fmt::Debug for JaegerRemote<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JaegerRemote")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Kind;
    use crate::context::TraceId;
    use crate::sampling::jaeger::Operations;
    use crate::sampling::{ManualClock, Notes};

    static POST: Kind = Kind::new("Post");
    static JOIN: Kind = Kind::new("Join");

    const HIGH: u128 = u128::MAX;
    const LOW: u128 = 1 << 56;

    /// The decision and what Jaeger is told of it.
    fn decide(sampler: &JaegerRemote<ManualClock>, kind: &'static Kind, id: u128) -> (Decision, Vec<Note>) {
        decide_for(sampler, "Guild", kind, id)
    }

    fn decide_for(
        sampler: &JaegerRemote<ManualClock>,
        actor: &str,
        kind: &'static Kind,
        id: u128,
    ) -> (Decision, Vec<Note>) {
        let notes = Notes::new();
        let root = Operation::root(actor, kind, TraceId::new(id).unwrap());
        let decision = sampler.sample(&Operation { notes: Some(&notes), ..root });
        let names: Vec<&str> = notes.iter().map(|(name, _)| name).collect();
        assert!(names.is_empty() || names == ["sampler.type", "sampler.param"]);
        (decision, notes.iter().map(|(_, note)| note).collect())
    }

    fn kept(
        probability: Option<f64>,
        reason: &'static str,
        kind: &'static str,
        param: f64,
    ) -> (Decision, Vec<Note>) {
        (Decision::Keep { probability, reason }, vec![Note::Str(kind), Note::Float(param)])
    }

    fn dropped(reason: &'static str) -> (Decision, Vec<Note>) {
        (Decision::Drop { reason }, Vec::new())
    }

    fn operations(default: f64, lower_bound: f64, list: &[(&str, f64)]) -> Strategy {
        let list = list.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        Strategy::Operations(Operations::new(default, lower_bound, list))
    }

    #[test]
    fn each_kind_decides_and_says_so() {
        let clock = ManualClock::new();
        let sampler = JaegerRemote::with_clock(clock.clone());
        assert_eq!(decide(&sampler, &POST, HIGH), kept(Some(0.001), "ratio", "probabilistic", 0.001));
        assert_eq!(decide(&sampler, &POST, LOW), dropped("ratio"));

        sampler.apply(&Strategy::RateLimiting(2.0));
        assert_eq!(decide(&sampler, &POST, LOW), kept(Some(1.0), "rate_limit", "ratelimiting", 2.0));
        assert_eq!(decide(&sampler, &POST, LOW), kept(Some(1.0), "rate_limit", "ratelimiting", 2.0));
        assert_eq!(decide(&sampler, &POST, LOW), dropped("rate_limit"));

        sampler.apply(&operations(0.5, 1.0, &[("Guild/Post", 0.25)]));
        assert_eq!(decide(&sampler, &POST, HIGH), kept(Some(0.25), "ratio", "probabilistic", 0.25));
        // That took Post's credit; Join, which is not listed, has one of its own.
        assert_eq!(decide(&sampler, &POST, LOW), dropped("ratio"));
        assert_eq!(decide(&sampler, &JOIN, LOW), kept(None, "lowerbound", "lowerbound", 0.5));
        assert_eq!(decide(&sampler, &JOIN, LOW), dropped("ratio"));
        clock.advance(Duration::from_secs(1));
        assert_eq!(decide(&sampler, &POST, LOW), kept(None, "lowerbound", "lowerbound", 0.25));
    }

    /// Post has spent its credit of 1/s. A new lower bound of 1/2 s leaves it empty, for the two seconds of a new one.
    #[test]
    fn an_update_keeps_what_is_left_of_each_operation_s_bound() {
        let clock = ManualClock::new();
        let sampler = JaegerRemote::with_clock(clock.clone());
        sampler.apply(&operations(0.0, 1.0, &[("Guild/Post", 0.0)]));
        assert_eq!(
            decide(&sampler, &POST, LOW).0,
            Decision::Keep { probability: None, reason: "lowerbound" }
        );
        assert_eq!(
            decide(&sampler, &JOIN, LOW).0,
            Decision::Keep { probability: None, reason: "lowerbound" }
        );
        sampler.apply(&operations(0.0, 0.5, &[("Guild/Post", 0.0)]));
        clock.advance(Duration::from_millis(1999));
        assert_eq!(decide(&sampler, &POST, LOW), dropped("ratio"));
        assert_eq!(decide(&sampler, &JOIN, LOW), dropped("ratio"), "one that is not listed is known as well");
        clock.advance(Duration::from_millis(1));
        assert_eq!(
            decide(&sampler, &POST, LOW).0,
            Decision::Keep { probability: None, reason: "lowerbound" }
        );
        assert_eq!(
            decide(&sampler, &JOIN, LOW).0,
            Decision::Keep { probability: None, reason: "lowerbound" }
        );
    }

    #[test]
    fn beyond_the_table_s_limit_there_is_no_lower_bound() {
        let sampler = JaegerRemote::with_clock(ManualClock::new());
        sampler.apply(&operations(0.5, 1.0, &[]));
        for i in 0..MAX_OPERATIONS {
            let (decision, _) = decide_for(&sampler, &i.to_string(), &POST, LOW);
            assert_eq!(decision, Decision::Keep { probability: None, reason: "lowerbound" }, "{i}");
        }
        assert_eq!(decide_for(&sampler, "one more", &POST, LOW), dropped("ratio"));
        assert_eq!(
            decide_for(&sampler, "one more", &POST, HIGH),
            kept(Some(0.5), "ratio", "probabilistic", 0.5)
        );
    }
}
