//! The options of an actor.

use super::{DEFAULT_HOP_LIMIT, Decision, FanoutPolicy, Kind, Operation, fanout_policy, thinning};

/// The options of an actor or a message type. Usually created by the macro.
///
/// If the actor does not set an option, its message's option is used, and then the process's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    name: Option<&'static str>,
    start: Option<Start>,
    fanout: Option<FanoutPolicy>,
    hop_limit: Option<u16>,
}

/// The rule for starting traces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    Never,
    Always,
    Process,
    Sampler(fn(&Operation<'_>) -> Decision),
}

impl Options {
    /// Creates empty options.
    pub const fn new() -> Self {
        Self { name: None, start: None, fanout: None, hop_limit: None }
    }

    /// Sets the actor's name: the first part of each span name.
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Lets the actor continue traces, but never start one.
    #[must_use]
    pub const fn start_never(mut self) -> Self {
        self.start = Some(Start::Never);
        self
    }

    /// Lets every message without a context start a trace.
    #[must_use]
    pub const fn start_always(mut self) -> Self {
        self.start = Some(Start::Always);
        self
    }

    /// Lets the process-wide sampler decide about roots. This is the default.
    #[must_use]
    pub const fn start_sampler(mut self) -> Self {
        self.start = Some(Start::Process);
        self
    }

    /// Sets the function that decides which messages start a trace.
    #[must_use]
    pub const fn sampler(mut self, sampler: fn(&Operation<'_>) -> Decision) -> Self {
        self.start = Some(Start::Sampler(sampler));
        self
    }

    /// Sets the maximum number of traced recipients of a broadcast. Zero counts as one.
    #[must_use]
    pub const fn fanout_budget(mut self, budget: u64) -> Self {
        self.fanout = Some(FanoutPolicy::Budget(budget));
        self
    }

    /// Sets the policy for the number of traced recipients of a broadcast.
    #[must_use]
    pub const fn fanout_policy(mut self, policy: FanoutPolicy) -> Self {
        self.fanout = Some(policy);
        self
    }

    /// Sets the number of consecutive messages after which a trace is cut and continues as a new, linked trace.
    #[must_use]
    pub const fn hop_limit(mut self, hops: u16) -> Self {
        self.hop_limit = Some(hops);
        self
    }

    /// Returns the name, if it was set.
    pub const fn actor_name(&self) -> Option<&'static str> {
        self.name
    }

    pub(crate) const fn fanout(&self) -> Option<FanoutPolicy> {
        self.fanout
    }
}

/// The options that apply to a message: those of its actor, and for unset ones those of its own annotation.
///
/// They are looked up one by one, because merging all of them costs more than the decision about a message.
#[derive(Clone, Copy)]
pub(crate) struct Effective<'a> {
    actor: Option<&'a Options>,
    message: &'a Options,
}

impl<'a> Effective<'a> {
    pub(crate) const fn new(actor: Option<&'a Options>, message: &'a Options) -> Self {
        Self { actor, message }
    }

    #[inline]
    fn first<T>(self, option: impl Fn(&Options) -> Option<T>) -> Option<T> {
        self.actor.and_then(&option).or_else(|| option(self.message))
    }

    pub(crate) fn name(self) -> Option<&'static str> {
        self.first(|options| options.name)
    }

    pub(super) fn start(self) -> Option<Start> {
        self.first(|options| options.start)
    }

    pub(crate) fn hop_limit(self) -> u16 {
        self.first(|options| options.hop_limit).unwrap_or(DEFAULT_HOP_LIMIT)
    }

    /// Returns the fan-out policy of a message of this kind, if the kind or the options name one.
    pub(crate) fn policy(self, kind: &Kind) -> Option<FanoutPolicy> {
        kind.policy().or_else(|| self.first(|options| options.fanout))
    }
}

/// Returns how many recipients of a broadcast to n are traced under this policy, or the default one.
pub(crate) fn budget(policy: Option<FanoutPolicy>, n: u64) -> u64 {
    thinning::of_budget(policy.unwrap_or_else(fanout_policy::process).selected(n))
}
