//! The record that a thread publishes, in the form of OTEP 4947.

use std::sync::Arc;

use libdd_otel_thread_ctx::linux::{SharedThreadContext, ThreadContext};
use traced_actor::TraceContext;

/// The indices of the attributes.
const ACTOR: u8 = 1;
const KIND: u8 = 2;

/// A record that threads can publish.
#[derive(Clone)]
pub(crate) struct Context(Arc<ThreadContext>);

impl Context {
    pub(crate) fn new(trace: Option<TraceContext>, actor: &str, kind: &str) -> Self {
        let attributes = [(ACTOR, actor), (KIND, kind)];
        let record = match trace {
            Some(trace) => ThreadContext::new(
                trace.trace_id.to_bytes(),
                trace.span_id.to_bytes(),
                trace.flags.bits(),
                [0; 8],
                &attributes,
            ),
            None => ThreadContext::new([0; 16], [0; 8], 0, [0; 8], &attributes),
        };
        Self(Arc::new(record))
    }

    /// Publishes this record, or nothing, on this thread. Returns the previous record.
    pub(crate) fn swap(context: Option<Self>) -> Option<Self> {
        let before = match context {
            Some(Self(record)) => SharedThreadContext::from(record).attach(),
            None => SharedThreadContext::detach(),
        };
        before.map(|before| Self(before.into()))
    }
}
