//! Operations, which samplers decide about, and their kinds.
//!
//! The two types refer to each other, since a kind may have a sampler.

use crate::context::{ContextState, SpanKind, TraceId};

use super::attributes::SamplerAttributes;
use super::{Decision, FanoutPolicy, Key, SamplerAttribute, randomness};

/// An operation that a sampler decides about, such as the handling of a message.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Operation<'a> {
    /// The actor's name, or the message type's name if the actor is not known.
    pub actor: &'a str,
    /// The kind of the message.
    pub kind: &'static Kind,
    /// The context of the message.
    pub parent: ContextState<'a>,
    /// Whether the sender is in another process.
    ///
    /// For an unsampled message, this is only known to the first receiver in this process.
    pub remote: bool,
    /// The number of messages that the handler will send (`#[traced(fanout = …)]`).
    pub fanout: Option<u64>,
    /// The sampling key of the message (`#[traced(key = …)]`).
    pub key: Option<Key<'a>>,
    /// The trace id: the parent's, or that of a new root.
    ///
    /// Its right-most 56 bits are the randomness of consistent probability sampling.
    pub trace_id: TraceId,
    /// The `tracestate` of a trace without a decision. That of a sampled parent is in `parent`.
    pub tracestate: Option<&'a str>,
    /// The list that receives attributes for the span, if there will be one.
    pub(crate) attributes: Option<&'a SamplerAttributes>,
}

impl<'a> Operation<'a> {
    /// Creates an operation for a new root, with these names and this trace id.
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

    /// Sets the sampling key.
    #[must_use]
    pub const fn with_key(mut self, key: Key<'a>) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the received `tracestate`.
    #[must_use]
    pub const fn with_tracestate(mut self, tracestate: Option<&'a str>) -> Self {
        self.tracestate = tracestate;
        self
    }

    /// Sets the list to which the sampler adds attributes.
    #[must_use]
    pub const fn with_attributes(mut self, attributes: &'a SamplerAttributes) -> Self {
        self.attributes = Some(attributes);
        self
    }

    /// Returns the 56 bits of randomness by which services sample a trace consistently.
    ///
    /// They are those of `ot=rv:…` in the `tracestate` if it has them, and otherwise the right-most bits of the trace
    /// id.
    #[inline]
    pub fn randomness(&self) -> u64 {
        let tracestate = match self.parent {
            ContextState::Sampled(parent) => parent.tracestate.as_deref(),
            ContextState::Absent | ContextState::Unsampled => self.tracestate,
        };
        tracestate.and_then(randomness::explicit).unwrap_or(randomness::of_trace(self.trace_id))
    }

    /// Records that the trace id's randomness decided, with this probability.
    #[inline]
    pub(super) fn decided_by_randomness(&self, probability: f64) {
        if let Some(attributes) = self.attributes {
            attributes.set_consistent(probability);
        }
    }

    /// Sets an attribute of the span, for the case that the operation is kept.
    ///
    /// A later value replaces an earlier one of the same name. There is room for four attributes. Does not allocate.
    pub fn set_attribute(&self, name: &'static str, value: SamplerAttribute) {
        if let Some(attributes) = self.attributes {
            attributes.add(name, value);
        }
    }
}

/// A kind of message: a variant of an enum, or a struct. Usually created by the macro.
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
    /// The hash of the name, for comparison with a kind that is known by a word.
    hash: u32,
    rule: Option<Rule>,
    policy: Option<FanoutPolicy>,
    skip: bool,
    link: bool,
    is_call: bool,
    /// The span kind of an operation that is not a message of an actor.
    operation: Option<SpanKind>,
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
    /// Creates a kind with this name, which is sampled like its actor.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            hash: name_hash(name),
            rule: None,
            policy: None,
            skip: false,
            link: false,
            is_call: false,
            operation: None,
        }
    }

    /// Creates the kind of an operation that is not a message of an actor, such as a request or a send to a broker.
    ///
    /// Its span has this name and span kind, and no attributes of actors. For adapters of servers, clients and brokers.
    ///
    /// ```
    /// use traced_actor::Kind;
    /// use traced_actor::actor::short_span;
    /// use traced_actor::context::{MessageContext, SpanKind};
    ///
    /// static SEND: Kind = Kind::operation("send orders", SpanKind::Producer);
    ///
    /// let spans = traced_actor::testkit::record();
    /// short_span("broker", &SEND, MessageContext::ABSENT, |_| {});
    /// assert_eq!(spans.all()[0].name, "send orders");
    /// assert_eq!(spans.all()[0].span_kind, SpanKind::Producer);
    /// ```
    pub const fn operation(name: &'static str, span_kind: SpanKind) -> Self {
        let mut kind = Self::new(name);
        kind.operation = Some(span_kind);
        kind
    }

    /// Sets the probability with which a message of this kind starts a trace.
    #[must_use]
    pub const fn sample_ratio(mut self, ratio: f64) -> Self {
        self.rule = Some(Rule::Ratio(ratio));
        self
    }

    /// Lets every message of this kind start a trace if it is not part of one.
    #[must_use]
    pub const fn sample_always(mut self) -> Self {
        self.rule = Some(Rule::Always);
        self
    }

    /// Lets no message of this kind start a trace. Existing traces continue.
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

    /// Sets the fan-out policy for handlers of this kind of message. It takes precedence over the actor's policy.
    #[must_use]
    pub const fn fanout_policy(mut self, policy: FanoutPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Disables spans for messages of this kind. Messages that their handlers send continue the sender's trace.
    #[must_use]
    pub const fn skip(mut self) -> Self {
        self.skip = true;
        self
    }

    /// Makes the spans of this kind roots that are linked to the sender's span. The sampling decision is kept.
    #[must_use]
    pub const fn link(mut self) -> Self {
        self.link = true;
        self
    }

    /// Marks messages of this kind as calls: they have a reply channel, and their senders wait for an answer.
    #[must_use]
    pub const fn call(mut self) -> Self {
        self.is_call = true;
        self
    }

    /// Returns whether a sender waits for an answer.
    #[inline]
    pub(crate) const fn is_call(&self) -> bool {
        self.is_call
    }

    /// Returns the name: that of `#[traced(name = "…")]`, or else the variant's.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns whether messages of this kind have no span.
    pub(crate) const fn is_skipped(&self) -> bool {
        self.skip
    }

    /// Returns whether spans of this kind are linked to the sender's span instead of being its children.
    pub const fn is_linked(&self) -> bool {
        self.link
    }

    /// Returns the span kind of an [operation](Self::operation), and `None` for a message of an actor.
    pub(crate) const fn operation_span_kind(&self) -> Option<SpanKind> {
        self.operation
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

/// Returns the FNV-1a hash of a name.
pub(crate) const fn name_hash(name: &str) -> u32 {
    let (bytes, mut hash, mut at) = (name.as_bytes(), 0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
