//! What is kept of a context that is not sampled.

use std::sync::Arc;

use traced_actor::context::TraceContext;

/// The context of something that is not sampled. [`MessageContext`](traced_actor::context::MessageContext) has no room for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnsampledContext {
    /// The sender's span, not sampled.
    pub context: TraceContext,
    /// The `tracestate` that came with it, as one header value.
    pub tracestate: Option<Arc<str>>,
    /// The baggage that came with it, as one header value.
    pub baggage: Option<Arc<str>>,
}
