//! The sender's decision stands; only a root is decided about.

use std::fmt;

use super::{Decision, Operation, Sampler};
use crate::context::ContextState;

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

    /// Asks this sampler about what a sender in another process has decided not to keep.
    pub fn remote_unsampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).remote_unsampled(sampler)
    }

    /// Asks this sampler about what a sender in this process has decided not to keep.
    pub fn local_unsampled(self, sampler: impl Sampler + 'static) -> ParentCases<S> {
        ParentCases::new(self).local_unsampled(sampler)
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match operation.parent {
            ContextState::Absent => self.root.sample(operation),
            ContextState::Unsampled => Decision::Drop { reason: "parent" },
            // The probability of the sender's decision travels in its context; continuing adds none.
            ContextState::Sampled(_) => Decision::Keep { probability: Some(1.0), reason: "parent" },
        }
    }

    fn fixed_root_ratio(&self) -> Option<f64> {
        self.root.fixed_root_ratio()
    }
}

/// A [`ParentBased`] that asks other samplers in some cases, as [OpenTelemetry's][spec] does. Made by its methods.
///
/// An unsampled message carries no ids (that is why it costs nothing), so a sampler that keeps one starts a trace, whose
/// probability is not known: in an estimate it does not count, because those that the sender kept stand for it. It
/// knows that its sender was in another process where it came from there straight to this receiver; what is sent while
/// it is handled has a sender in this process.
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

    /// Asks this sampler as [`ParentBased::remote_sampled`] does.
    #[must_use]
    pub fn remote_sampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.remote_sampled = Some(Box::new(sampler));
        self
    }

    /// Asks this sampler as [`ParentBased::local_sampled`] does.
    #[must_use]
    pub fn local_sampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.local_sampled = Some(Box::new(sampler));
        self
    }

    /// Asks this sampler as [`ParentBased::remote_unsampled`] does.
    #[must_use]
    pub fn remote_unsampled(mut self, sampler: impl Sampler + 'static) -> Self {
        self.remote_unsampled = Some(Box::new(sampler));
        self
    }

    /// Asks this sampler as [`ParentBased::local_unsampled`] does.
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
