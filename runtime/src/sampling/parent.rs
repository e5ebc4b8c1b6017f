//! The sender's decision stands; only a root is decided about.

use std::fmt;

use super::{Decision, Operation, Sampler};
use crate::context::State;

/// Follows the sender where it decided, and asks another sampler where nobody has.
///
/// Where this is the process-wide sampler, a message whose sender decided costs no call at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParentBased<S> {
    root: S,
}

impl<S: Sampler> ParentBased<S> {
    /// Asks `root` where nobody has decided.
    pub const fn new(root: S) -> Self {
        Self { root }
    }

    /// Asks this sampler about what a sender in another process has decided to keep.
    pub fn remote_sampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).remote_sampled(sampler)
    }

    /// Asks this sampler about what a sender in this process has decided to keep.
    pub fn local_sampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).local_sampled(sampler)
    }

    /// Asks this sampler about what a sender has decided not to keep.
    pub fn unsampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).unsampled(sampler)
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match operation.parent {
            State::Absent => self.root.sample(operation),
            State::Unsampled => Decision::Drop { reason: "parent" },
            // The probability of the sender's decision travels in its context; continuing adds none.
            State::Sampled(_) => Decision::Keep { probability: Some(1.0), reason: "parent" },
        }
    }
}

/// A [`ParentBased`] that asks other samplers in some cases, as [OpenTelemetry's][spec] does. Made by its methods.
///
/// OpenTelemetry has four cases. An unsampled message carries no ids (that is why it costs nothing) and so does not
/// know where its sender was: the two unsampled cases are one. A sampler that keeps such a message starts a trace.
///
/// ```
/// use traced_actor::sampling::{ParentBased, Ratio};
///
/// // Of what others send us sampled, a tenth is enough.
/// let sampler = ParentBased::new(Ratio::new(0.01)).remote_sampled(Ratio::new(0.1));
/// # let _ = sampler;
/// ```
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased
pub struct ParentCases<S> {
    otherwise: ParentBased<S>,
    remote_sampled: Option<Box<dyn Sampler>>,
    local_sampled: Option<Box<dyn Sampler>>,
    unsampled: Option<Box<dyn Sampler>>,
}

impl<S: Sampler> ParentCases<S> {
    const fn new(otherwise: ParentBased<S>) -> Self {
        Self { otherwise, remote_sampled: None, local_sampled: None, unsampled: None }
    }

    /// As [`ParentBased::remote_sampled`].
    #[must_use]
    pub fn remote_sampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.remote_sampled = Some(Box::new(sampler));
        self
    }

    /// As [`ParentBased::local_sampled`].
    #[must_use]
    pub fn local_sampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.local_sampled = Some(Box::new(sampler));
        self
    }

    /// As [`ParentBased::unsampled`].
    #[must_use]
    pub fn unsampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.unsampled = Some(Box::new(sampler));
        self
    }
}

impl<S: Sampler> Sampler for ParentCases<S> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let case = match operation.parent {
            State::Absent => &None,
            State::Unsampled => &self.unsampled,
            State::Sampled(parent) if parent.remote => &self.remote_sampled,
            State::Sampled(_) => &self.local_sampled,
        };
        match case {
            Some(sampler) => sampler.sample(operation),
            None => self.otherwise.sample(operation),
        }
    }

    fn asks_everyone(&self) -> bool {
        self.remote_sampled.is_some() || self.local_sampled.is_some() || self.unsampled.is_some()
    }
}

impl<S> fmt::Debug for ParentCases<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParentCases").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::context::{SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id};

    static KIND: Kind = Kind::new("Post");

    fn named(name: &'static str) -> impl Sampler {
        move |_: &Operation<'_>| Decision::Drop { reason: name }
    }

    fn reason(sampler: &dyn Sampler, parent: State<'_>) -> &'static str {
        let operation = Operation { parent, ..Operation::root("Guild", &KIND, new_trace_id()) };
        match sampler.sample(&operation) {
            Decision::Keep { reason, .. } | Decision::Drop { reason } => reason,
        }
    }

    #[test]
    fn each_case_has_its_sampler_and_the_others_follow_the_sender() {
        let ids = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
        let local = SampledContext::new(ids);
        let remote = SampledContext { remote: true, ..local.clone() };
        let parents = [State::Absent, State::Unsampled, State::Sampled(&local), State::Sampled(&remote)];
        let cases: [(Box<dyn Sampler>, [&str; 4], bool); 4] = [
            (Box::new(ParentBased::new(named("root"))), ["root", "parent", "parent", "parent"], false),
            (
                Box::new(ParentBased::new(named("root")).remote_sampled(named("remote"))),
                ["root", "parent", "parent", "remote"],
                true,
            ),
            (
                Box::new(ParentBased::new(named("root")).local_sampled(named("local"))),
                ["root", "parent", "local", "parent"],
                true,
            ),
            (
                Box::new(ParentBased::new(named("root")).unsampled(named("unsampled"))),
                ["root", "unsampled", "parent", "parent"],
                true,
            ),
        ];
        for (sampler, expected, asks) in cases {
            assert_eq!(parents.map(|parent| reason(&*sampler, parent)), expected);
            assert_eq!(sampler.asks_everyone(), asks);
        }
    }
}
