//! The trait that connects a recorder with another library's current context.

use super::span::OpenSpan;
use crate::context::{SampledContext, SpanId, TraceContext, TraceId};

/// Keeps another library's current context in step with the messages, in both directions.
///
/// What the library has made current is continued by a send outside of any message, and the span of a message is the
/// library's current one while the message is handled. A [`Recorder`](super::Recorder) returns it from
/// [`bridge`](super::Recorder::bridge).
///
/// The methods run on the threads of the actors, around each poll of a sampled message's handler. They must not block.
/// Implementations must only ask the other library: receiving a message in them may panic.
pub trait ContextBridge: Send + Sync {
    /// Returns the trace context that the library has made current on this thread.
    ///
    /// `None` if it is that of the span `known`, which almost every send asks about, and which need not be put together.
    fn current_context(&self, known: Option<TraceContext>) -> Option<CurrentContext>;

    /// Makes a message current on this thread, or none.
    ///
    /// `context` is what its sends continue. `span` is its span; a message of a kind without one has none. Calls of `enter` and
    /// [`exit`](Self::exit) on a thread are nested.
    fn enter(&self, context: Option<&SampledContext>, span: Option<&OpenSpan>);

    /// Undoes the latest `enter` of this thread, and returns whether that succeeded.
    ///
    /// Returns `false` while the library has its current context borrowed. It is then called again later.
    fn exit(&self) -> bool;
}

/// The context that another library has made current.
#[derive(Debug)]
pub enum CurrentContext {
    /// No context.
    None,
    /// An unsampled context.
    Unsampled,
    /// A sampled context.
    Sampled(SampledContext),
}

/// The identity of a [`CurrentContext`]: that of its span, or that it has none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CurrentId {
    None,
    Unsampled,
    Span(TraceId, SpanId),
}

impl CurrentContext {
    pub(crate) fn id(&self) -> CurrentId {
        match self {
            Self::None => CurrentId::None,
            Self::Unsampled => CurrentId::Unsampled,
            Self::Sampled(SampledContext { context, .. }) => {
                CurrentId::Span(context.trace_id, context.span_id)
            }
        }
    }
}
