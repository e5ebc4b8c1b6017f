//! The identity of one span in one trace, and what travels with it while it is sampled.

use std::sync::Arc;

use super::scope::ScopeId;
use super::{SpanId, Timestamp, TraceFlags, TraceId, WallClock};

/// Which span of which trace: W3C's trace id, parent id and flags.
///
/// Plain data of 32 bytes, `Copy`. Its flags say whether the trace is sampled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The span within the trace.
    pub span_id: SpanId,
    /// Whether it is sampled, and whether the id is random.
    pub flags: TraceFlags,
}

impl TraceContext {
    /// A context with these parts.
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self { trace_id, span_id, flags }
    }

    /// Whether the trace is sampled.
    pub const fn is_sampled(&self) -> bool {
        self.flags.is_sampled()
    }
}

/// What a message of a sampled trace carries beside itself.
///
/// It never holds a live span: the sender's span ends when the sender is done.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct SampledContext {
    /// The sender's span.
    pub context: TraceContext,
    /// The probability with which this path of the trace was kept, over every decision and every fan-out
    /// since the root, in `(0, 1]`; `None` when some decision did not say. Its inverse is the number of
    /// messages that this one stands for.
    pub probability: Option<f64>,
    /// The part of `probability` that the trace id's randomness had no share in, such as the chances of fan-outs; 1 where
    /// that randomness decided alone. A sampler that decides by it again needs to know the other part.
    pub fanout_probability: f32,
    /// Messages since the root or the last cut (see [`Options::hops`](crate::Options::hops)).
    pub hops: u16,
    /// Whether a fan-out chose this message out of several.
    pub selected: bool,
    /// Whether the context came from another process.
    pub remote: bool,
    /// Whether no span has this context yet: the trace was decided about, and the message is its root when it is handled.
    pub(crate) is_root: bool,
    /// Who records the trace, within this process.
    pub(crate) scope: ScopeId,
    /// How far the wall clock was from this process's timestamps when the trace came into the process.
    pub(crate) clock: WallClock,
    /// When the message was put into a mailbox; `None` before that. It does not travel to another process, whose clock
    /// is another one.
    pub sent: Option<Timestamp>,
    /// The `tracestate` that came with the trace, as one header value.
    pub tracestate: Option<Arc<str>>,
    /// The W3C `baggage` that came with the trace, as one header value.
    pub baggage: Option<Arc<str>>,
}

impl SampledContext {
    /// The context of a message sent now by the span `context`, with nothing known about sampling.
    pub fn new(context: TraceContext) -> Self {
        Self { sent: Some(Timestamp::now()), ..Self::unsent(context) }
    }

    /// The context of a message that came from another process.
    #[inline]
    pub(crate) const fn arrived(context: TraceContext) -> Self {
        let mut arrived = Self::unsent(context);
        arrived.remote = true;
        arrived
    }

    /// As [`new`](Self::new), not sent yet.
    #[inline]
    pub(crate) const fn unsent(context: TraceContext) -> Self {
        Self {
            context,
            probability: None,
            fanout_probability: 1.0,
            hops: 0,
            selected: false,
            remote: false,
            is_root: false,
            scope: ScopeId::PROCESS,
            clock: WallClock::UNKNOWN,
            sent: None,
            tracestate: None,
            baggage: None,
        }
    }
}

// A message's context is copied between threads; its size is what a sampled message allocates.
const _: () = {
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<SampledContext>();
    assert!(size_of::<TraceContext>() == 32);
    assert!(size_of::<SampledContext>() <= 112);
};
