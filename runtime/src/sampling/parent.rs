//! Samplers that follow the sender's decision.

use super::{Decision, Operation, Sampler};
use crate::context::ContextState;

/// Follows the sender's decision, and asks another sampler about roots.
///
/// As the process-wide sampler, it is not called for messages whose sender has decided.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParentBased<S> {
    root: S,
}

impl<S: Sampler> ParentBased<S> {
    /// Creates a sampler that asks `root` about roots.
    pub const fn new(root: S) -> Self {
        Self { root }
    }

    /// Sets the sampler for messages that a sender in another process has sampled.
    pub fn remote_sampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).remote_sampled(sampler)
    }

    /// Sets the sampler for messages that a sender in this process has sampled.
    pub fn local_sampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).local_sampled(sampler)
    }

    /// Sets the sampler for messages that a sender in another process has not sampled.
    pub fn remote_unsampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).remote_unsampled(sampler)
    }

    /// Sets the sampler for messages that a sender in this process has not sampled.
    pub fn local_unsampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).local_unsampled(sampler)
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match operation.parent {
            ContextState::Absent => self.root.sample(operation),
            ContextState::Unsampled => Decision::Drop { reason: "parent" },
            // The probability of the sender's decision travels in its context. Continuing the trace adds no other.
            ContextState::Sampled(_) => Decision::Keep { probability: Some(1.0), reason: "parent" },
        }
    }

    fn fixed_root_ratio(&self) -> Option<f64> {
        self.root.fixed_root_ratio()
    }
}

/// A [`ParentBased`] with samplers for some cases, like [OpenTelemetry's][spec]. Created by its methods.
///
/// An unsampled message carries no ids. A sampler that keeps one therefore starts a new trace. Its probability is not
/// known, and estimates do not count it, because the messages that the sender sampled stand for it. Only the first
/// receiver in a process knows that the sender was in another process. Messages that are sent while it handles the
/// message have a sender in this process.
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
    remote_unsampled: Option<Box<dyn Sampler>>,
    local_unsampled: Option<Box<dyn Sampler>>,
}

impl<S: Sampler> ParentCases<S> {
    const fn new(otherwise: ParentBased<S>) -> Self {
        Self {
            otherwise,
            remote_sampled: None,
            local_sampled: None,
            remote_unsampled: None,
            local_unsampled: None,
        }
    }

    /// Sets the sampler for the case of [`ParentBased::remote_sampled`].
    #[must_use]
    pub fn remote_sampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.remote_sampled = Some(Box::new(sampler));
        self
    }

    /// Sets the sampler for the case of [`ParentBased::local_sampled`].
    #[must_use]
    pub fn local_sampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.local_sampled = Some(Box::new(sampler));
        self
    }

    /// Sets the sampler for the case of [`ParentBased::remote_unsampled`].
    #[must_use]
    pub fn remote_unsampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.remote_unsampled = Some(Box::new(sampler));
        self
    }

    /// Sets the sampler for the case of [`ParentBased::local_unsampled`].
    #[must_use]
    pub fn local_unsampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.local_unsampled = Some(Box::new(sampler));
        self
    }
}

impl<S: Sampler> Sampler for ParentCases<S> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        let case = match operation.parent {
            ContextState::Absent => &None,
            ContextState::Unsampled if operation.remote => &self.remote_unsampled,
            ContextState::Unsampled => &self.local_unsampled,
            ContextState::Sampled(_) if operation.remote => &self.remote_sampled,
            ContextState::Sampled(_) => &self.local_sampled,
        };
        match case {
            Some(sampler) => sampler.sample(operation),
            None => self.otherwise.sample(operation),
        }
    }

    fn resamples_children(&self) -> bool {
        let cases =
            [&self.remote_sampled, &self.local_sampled, &self.remote_unsampled, &self.local_unsampled];
        cases.into_iter().any(Option::is_some)
    }

    fn fixed_root_ratio(&self) -> Option<f64> {
        self.otherwise.fixed_root_ratio()
    }
}

opaque!(ParentCases<S>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::context::{SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id};

    static KIND: Kind = Kind::new("Post");

    fn named(name: &'static str) -> impl Sampler {
        move |_: &Operation<'_>| Decision::Drop { reason: name }
    }

    fn reason(sampler: &dyn Sampler, parent: ContextState<'_>, remote: bool) -> &'static str {
        let operation = Operation { parent, remote, ..Operation::root("Guild", &KIND, new_trace_id()) };
        match sampler.sample(&operation) {
            Decision::Keep { reason, .. } | Decision::Drop { reason } => reason,
        }
    }

    #[test]
    fn each_case_has_its_sampler_and_the_others_follow_the_sender() {
        let ids = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
        let local = SampledContext::new(ids);
        let remote = SampledContext { remote: true, ..local.clone() };
        let parents = [
            (ContextState::Absent, false),
            (ContextState::Unsampled, false),
            (ContextState::Unsampled, true),
            (ContextState::Sampled(&local), false),
            (ContextState::Sampled(&remote), true),
        ];
        let root = || ParentBased::new(named("root"));
        let p = "parent";
        let cases: [(Box<dyn Sampler>, [&str; 5], bool); 6] = [
            (Box::new(root()), ["root", p, p, p, p], false),
            (Box::new(root().local_unsampled(named("lu"))), ["root", "lu", p, p, p], true),
            (Box::new(root().remote_unsampled(named("ru"))), ["root", p, "ru", p, p], true),
            (Box::new(root().local_sampled(named("ls"))), ["root", p, p, "ls", p], true),
            (Box::new(root().remote_sampled(named("rs"))), ["root", p, p, p, "rs"], true),
            (
                Box::new(
                    root()
                        .remote_sampled(named("rs"))
                        .local_sampled(named("ls"))
                        .remote_unsampled(named("ru"))
                        .local_unsampled(named("lu")),
                ),
                ["root", "lu", "ru", "ls", "rs"],
                true,
            ),
        ];
        for (sampler, expected, asks) in cases {
            assert_eq!(parents.map(|(parent, remote)| reason(&*sampler, parent, remote)), expected);
            assert_eq!(sampler.resamples_children(), asks);
        }
    }
}
