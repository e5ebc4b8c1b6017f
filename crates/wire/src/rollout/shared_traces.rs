//! The traces that the two sides of a connection share, for a flight recorder.

#[cfg(feature = "flight")]
use std::sync::OnceLock;

use traced_actor::context::{ContextState, TraceId};
#[cfg(feature = "flight")]
use traced_actor_flight::Peer;

/// The flight recorder's view of the peer, if the connection has one.
#[derive(Debug, Default)]
pub(super) struct SharedTraces {
    #[cfg(feature = "flight")]
    pub(super) peer: OnceLock<Peer>,
}

/// Returns the trace of a message.
pub(super) fn trace_of(state: ContextState<'_>) -> Option<TraceId> {
    match state {
        ContextState::Sampled(context) => Some(context.context.trace_id),
        _ => None,
    }
}

#[cfg(not(feature = "flight"))]
impl SharedTraces {
    #[expect(clippy::unused_self, reason = "with a flight recorder it is used")]
    pub(super) const fn note(&self, _: Option<TraceId>) {}
}

#[cfg(feature = "flight")]
impl SharedTraces {
    /// Notes that the peer has a part of a trace.
    pub(super) fn note(&self, trace: Option<TraceId>) {
        if let (Some(peer), Some(trace)) = (self.peer.get(), trace) {
            peer.shares(trace);
        }
    }
}
