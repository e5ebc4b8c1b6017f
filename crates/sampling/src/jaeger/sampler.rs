//! The sampler that follows a Jaeger server.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::state::{PerOperation, State};
use super::strategy::Strategy;
use crate::clock::{Clock, SystemClock};
use crate::limit::guaranteed_or;
use traced_actor::sampling::RateLimit;
use traced_actor::sampling::{Decision, Operation, Sampler, SamplerAttribute};

/// Jaeger's own default, which applies until a server has answered.
const FIRST: Strategy = Strategy::Probabilistic(0.001);

/// Samples roots as a Jaeger server says. While the server is not reachable, its last valid answer applies.
///
/// The rules are those of [Jaeger's clients][jaeger], with these differences:
///
/// * A share is sampled by OpenTelemetry's consistent rule, as [`Ratio`](traced_actor::sampling::Ratio) does, and not
///   by the lower bits of the trace id.
/// * A root that only a lower bound keeps has no known probability (see
///   [`GuaranteedThroughput`](crate::GuaranteedThroughput)).
/// * A limit of zero per second keeps nothing. In Jaeger's clients the first root is kept.
///
/// Each kept root has the attributes `sampler.type` (`probabilistic`, `lowerbound`, `ratelimiting`) and
/// `sampler.param`. Jaeger's adaptive sampling needs them.
///
/// Clones share one sampler. A decision costs a few atomic operations, and a clock reading unless the strategy is
/// probabilistic. It takes no lock.
///
/// ```
/// use traced_actor_sampling::jaeger::{JaegerRemote, Operations, Strategy};
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
    /// Allows one update at a time.
    updating: Mutex<()>,
    clock: C,
}

impl JaegerRemote {
    /// Creates a sampler that keeps one in a thousand until a strategy is applied, as Jaeger does.
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
    /// Creates a sampler that uses this clock.
    pub fn with_clock(clock: C) -> Self {
        let state = State::of(&FIRST, None, clock.now());
        Self(Arc::new(Shared { state: ArcSwap::from_pointee(state), updating: Mutex::new(()), clock }))
    }

    /// Applies a strategy to all later decisions.
    ///
    /// The unused part of a limit is carried over in proportion. If limits started full, every process would spend a
    /// full limit at once whenever a new strategy arrives.
    pub fn apply(&self, strategy: &Strategy) {
        let _updating = self.0.updating.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.0.state.load_full();
        let new = State::of(strategy, Some(&old), self.0.clock.now());
        self.0.state.store(Arc::new(new));
    }
}

impl<C: Clock> Sampler for JaegerRemote<C> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match &**self.0.state.load() {
            State::Probabilistic(ratio) => {
                noted(operation, ratio.probability(), guaranteed_or(*ratio, operation, false))
            }
            State::RateLimiting { bucket, owed } => {
                if bucket.allow(self.0.clock.now()) {
                    operation.set_attribute("sampler.type", SamplerAttribute::Str("ratelimiting"));
                    operation.set_attribute("sampler.param", SamplerAttribute::Float(bucket.rate()));
                    Decision::Keep { probability: owed.settle(Some(1.0)), reason: "rate_limit" }
                } else {
                    owed.add(Some(1.0));
                    Decision::Drop { reason: "rate_limit" }
                }
            }
            State::Operations { default, lower_bound, operations } => {
                let now = self.0.clock.now();
                let new = |_: &str| PerOperation {
                    ratio: *default,
                    lower_bound: RateLimit::per_second(*lower_bound),
                };
                let decide = |known: &PerOperation| {
                    let guaranteed = known.lower_bound.allow(now);
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

/// Sets the attributes that Jaeger's adaptive sampling counts by, and returns the decision.
///
/// Their parameter is the share in both cases.
fn noted(operation: &Operation<'_>, share: f64, decision: Decision) -> Decision {
    if let Decision::Keep { reason, .. } = decision {
        let kind = if reason == "lowerbound" { "lowerbound" } else { "probabilistic" };
        operation.set_attribute("sampler.type", SamplerAttribute::Str(kind));
        operation.set_attribute("sampler.param", SamplerAttribute::Float(share));
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
mod tests;
