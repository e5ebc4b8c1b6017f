//! The trait that connects a recorder with another library's current context.

use super::span::OpenSpan;
use crate::context::{SampledContext, SpanId, TraceContext, TraceId};

/// Keeps another library's current context in step with the messages, in both directions.
///
/// A send outside of any message continues the library's current context. While a message is handled, its span is the
/// library's current one. A [`Recorder`](super::Recorder) returns its bridge from [`bridge`](super::Recorder::bridge).
///
/// The methods run on the threads of the actors, around each poll of a sampled message's handler. They must not block.
/// They must only call the other library: receiving a message in them may panic.
pub trait ContextBridge: Send + Sync {
    /// Returns the trace context that the library has made current on this thread.
    ///
    /// Returns `None` if it is the context of the span `known`. Almost every send asks for that context, which then
    /// need not be built.
    fn current_context(&self, known: Option<TraceContext>) -> Option<CurrentContext>;

    /// Makes a message current on this thread, or makes nothing current.
    ///
    /// `context` is what sends of the message continue. `span` is its span. A message of a kind without spans has none.
    /// Calls of `enter` and [`exit`](Self::exit) on a thread are nested.
    fn enter(&self, context: Option<&SampledContext>, span: Option<&OpenSpan>);

    /// Undoes the latest `enter` of this thread, and returns whether that succeeded.
    ///
    /// Returns `false` while the library has its current context borrowed. The method is then called again later.
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

/// The identity of a [`CurrentContext`]: that of its span, or none.
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
