//! What an edge makes of a request.

use traced_actor::context::MessageContext;

use super::{Format, ParseError, UnsampledContext};

/// What came in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Extraction {
    /// What the message for the actor is to carry.
    pub context: MessageContext,
    /// The ids of what is not sampled, where the edge [keeps](super::Edge::keep_unsampled) them: for log lines, and to be
    /// passed on in headers by [`Outgoing::unsampled_of`](super::Outgoing::unsampled_of).
    pub unsampled: Option<UnsampledContext>,
    /// What became of the context.
    pub outcome: Outcome,
}

/// What became of the context of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There was none.
    Nothing,
    /// There was none but a malformed one, so the message starts here.
    Malformed(Format, ParseError),
    /// There was one, or not: the edge ignores them.
    Ignored,
    /// The sender decided against a trace, and that stands.
    Unsampled,
    /// The sender decided for a trace, and it goes on.
    Continued,
    /// A [tag](super::Edge::forced_by) asks for a trace, and there is one.
    Forced,
    /// The sender's decision was missing, or is not believed. Ours: whether the trace goes on.
    Decided(bool),
    /// The sender asked for a trace, and others did so too often before. Our own decision: whether it goes on.
    Limited(bool),
}

impl Extraction {
    pub(crate) const fn new(context: MessageContext, outcome: Outcome) -> Self {
        Self { context, unsampled: None, outcome }
    }
}
