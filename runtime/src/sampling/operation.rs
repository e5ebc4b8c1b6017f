//! What a sampler is shown: an operation, which is of some kind. Each names the other, since a kind may bring a sampler.

use crate::context::{ContextState, TraceId};

use super::attributes::SamplerAttributes;
use super::{Decision, FanoutPolicy, Key, SamplerAttribute, randomness};

/// One kind of work that can be sampled, at the moment of the decision.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Operation<'a> {
    /// The actor's name, or the message type's where no actor is known.
    pub actor: &'a str,
    /// The message kind.
    pub kind: &'static Kind,
    /// What came with the message.
    pub parent: ContextState<'a>,
    /// Whether the sender is in another process: of an unsampled message this is known where
    /// it came from there straight to this receiver.
    pub remote: bool,
    /// The number of messages that handling this one will send (`#[traced(fanout = …)]`).
    pub fanout: Option<u64>,
    /// What the message is about (`#[traced(key = …)]`).
    pub key: Option<Key<'a>>,
    /// The trace: the parent's, or the one that a new root gets. Its right-most 56 bits are the randomness
    /// of consistent probability sampling.
    pub trace_id: TraceId,
    /// The `tracestate` of a trace that came without a decision; that of a sampled parent is in `parent`.
    pub tracestate: Option<&'a str>,
    /// Where attributes for the span are noted, if there will be one.
    pub(crate) attributes: Option<&'a SamplerAttributes>,
}

impl<'a> Operation<'a> {
    /// Creates an operation of a new root, with nothing known but its names and its trace id.
    pub fn root(actor: &'a str, kind: &'static Kind, trace_id: TraceId) -> Self {
        Self {
            actor,
            kind,
            parent: ContextState::Absent,
            remote: false,
            fanout: None,
            key: None,
            trace_id,
            tracestate: None,
            attributes: None,
        }
    }

    /// Sets what the operation is about.
    #[must_use]
    pub const fn with_key(mut self, key: Key<'a>) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the `tracestate` that came.
    #[must_use]
    pub const fn with_tracestate(mut self, tracestate: Option<&'a str>) -> Self {
        self.tracestate = tracestate;
        self
    }

    /// Sets the place for the attributes that its sampler adds.
    #[must_use]
    pub const fn with_attributes(mut self, attributes: &'a SamplerAttributes) -> Self {
        self.attributes = Some(attributes);
        self
    }

    /// Returns the randomness by which every service that samples consistently decides about the trace: 56 bits, those
    /// of `ot=rv:…` in the `tracestate` where it has them, else the right-most ones of the trace id.
    #[inline]
    pub fn randomness(&self) -> u64 {
        let tracestate = match self.parent {
            ContextState::Sampled(parent) => parent.tracestate.as_deref(),
            ContextState::Absent | ContextState::Unsampled => self.tracestate,
        };
        tracestate.and_then(randomness::explicit).unwrap_or(randomness::of_trace(self.trace_id))
    }

    /// The trace id's randomness decided, and keeps so much.
    #[inline]
    pub(super) fn decided_by_randomness(&self, probability: f64) {
        if let Some(attributes) = self.attributes {
            attributes.set_consistent(probability);
        }
    }

    /// Sets an attribute of the span, if the operation is kept. A name that is set again has the last value;
    /// there is room for four. No allocation.
    pub fn set_attribute(&self, name: &'static str, value: SamplerAttribute) {
        if let Some(attributes) = self.attributes {
            attributes.add(name, value);
        }
    }
}

/// A kind of message: a variant of an enum, or a struct. Written by the macro.
///
/// ```
/// use traced_actor::Kind;
///
/// static POST: Kind = Kind::new("Post").sample_ratio(0.01);
/// assert_eq!(POST.name(), "Post");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    name: &'static str,
    /// Of the name: to compare with a kind that is known by a word.
    hash: u32,
    rule: Option<Rule>,
    policy: Option<FanoutPolicy>,
    skip: bool,
    link: bool,
}

/// The root decision of a kind: `#[traced(sample = …)]`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Always,
    Never,
    Ratio(f64),
    Sampler(fn(&Operation<'_>) -> Decision),
}

impl Kind {
    /// Creates a kind of this name, sampled as its actor is.
    pub const fn new(name: &'static str) -> Self {
        Self { name, hash: name_hash(name), rule: None, policy: None, skip: false, link: false }
    }

    /// Sets the probability with which a message of this kind starts a trace.
    #[must_use]
    pub const fn sample_ratio(mut self, ratio: f64) -> Self {
        self.rule = Some(Rule::Ratio(ratio));
        self
    }

    /// Makes every message of this kind start a trace.
    #[must_use]
    pub const fn sample_always(mut self) -> Self {
        self.rule = Some(Rule::Always);
        self
    }

    /// Lets no message of this kind start a trace; one that it is part of goes on.
    #[must_use]
    pub const fn sample_never(mut self) -> Self {
        self.rule = Some(Rule::Never);
        self
    }

    /// Sets the function that decides whether a message of this kind starts a trace.
    #[must_use]
    pub const fn sampler(mut self, sampler: fn(&Operation<'_>) -> Decision) -> Self {
        self.rule = Some(Rule::Sampler(sampler));
        self
    }

    /// Sets how many of the recipients of what handling such a message sends are traced, whatever its actor says.
    #[must_use]
    pub const fn fanout_policy(mut self, policy: FanoutPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Lets messages of this kind make no span; what is sent while it is handled continues its sender's trace.
    #[must_use]
    pub const fn skip(mut self) -> Self {
        self.skip = true;
        self
    }

    /// Lets the span of such a message start a trace of its own, linked to its sender's; the decision is kept.
    #[must_use]
    pub const fn link(mut self) -> Self {
        self.link = true;
        self
    }

    /// Returns the name: the variant's, unless `#[traced(name = "…")]` says otherwise.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns whether it makes no span.
    pub const fn is_skipped(&self) -> bool {
        self.skip
    }

    /// Returns whether its span is linked to its sender's instead of being its child.
    pub const fn is_linked(&self) -> bool {
        self.link
    }

    /// Returns a hash of the name.
    #[inline]
    pub(crate) const fn hash(&self) -> u32 {
        self.hash
    }

    pub(super) const fn policy(&self) -> Option<FanoutPolicy> {
        self.policy
    }

    pub(super) const fn rule(&self) -> Option<Rule> {
        self.rule
    }
}

/// Returns a hash of a name: FNV-1a.
pub(crate) const fn name_hash(name: &str) -> u32 {
    let (bytes, mut hash, mut at) = (name.as_bytes(), 0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
