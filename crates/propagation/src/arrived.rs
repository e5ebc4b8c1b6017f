//! What an edge makes of a request.

use traced_actor::context::MessageContext;

use super::{Defect, Format, Kept};

/// What came in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Arrived {
    /// What the message for the actor is to carry.
    pub carried: MessageContext,
    /// The ids of what is not sampled, where the edge [keeps](super::Edge::keep_unsampled) them: for log lines, and to be
    /// passed on in headers by [`Outgoing::unsampled_of`](super::Outgoing::unsampled_of).
    pub kept: Option<Kept>,
    /// What became of the context.
    pub verdict: Verdict,
}

/// What became of the context of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// There was none.
    Nothing,
    /// There was none but a malformed one, so the message starts here.
    Malformed(Format, Defect),
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

impl Arrived {
    pub(crate) const fn new(carried: MessageContext, verdict: Verdict) -> Self {
        Self { carried, kept: None, verdict }
    }
}
