//! The result of an edge for a request.

use traced_actor::context::MessageContext;

use super::{Format, ParseError, UnsampledContext};

/// The result of [`Edge::accept`](super::Edge::accept).
#[derive(Debug)]
#[non_exhaustive]
pub struct Extraction {
    /// The context for the message to the actor.
    pub context: MessageContext,
    /// The ids of an unsampled request, if the edge [keeps](super::Edge::keep_unsampled) them.
    ///
    /// Use them in log lines, or pass them on in headers with
    /// [`Outgoing::unsampled_of`](super::Outgoing::unsampled_of).
    pub unsampled: Option<UnsampledContext>,
    /// The result for the context of the request.
    pub outcome: Outcome,
}

/// The result of an edge for the context of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The request had no context.
    Nothing,
    /// The request had only a malformed context, so the trace starts here.
    Malformed(Format, ParseError),
    /// The edge ignores contexts. The request may have had one.
    Ignored,
    /// The sender marked the request as unsampled, and that was accepted.
    Unsampled,
    /// The sender marked the request as sampled, and its trace continues.
    Continued,
    /// A [tag](super::Edge::forced_by) requested a trace, and the request is traced.
    Forced,
    /// The sender made no decision, or is not trusted to. The value is the process's own decision.
    Decided(bool),
    /// The sender requested a trace, but the limit was reached. The value is the process's own decision.
    Limited(bool),
}

impl Extraction {
    pub(crate) const fn new(context: MessageContext, outcome: Outcome) -> Self {
        Self { context, unsampled: None, outcome }
    }
}
