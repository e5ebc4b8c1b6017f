//! The ids of an unsampled context.

use std::sync::Arc;

use traced_actor::context::TraceContext;

/// The ids of an unsampled context.
///
/// [`MessageContext`](traced_actor::context::MessageContext) has no room for them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnsampledContext {
    /// The sender's span, not sampled.
    pub context: TraceContext,
    /// The `tracestate` of the request, as one header value.
    pub tracestate: Option<Arc<str>>,
    /// The baggage of the request, as one header value.
    pub baggage: Option<Arc<str>>,
}
