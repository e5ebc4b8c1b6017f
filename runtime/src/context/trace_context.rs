//! The identity of a span, and the context that its messages carry.

use std::sync::Arc;

use super::scope::ScopeId;
use super::{SpanId, Timestamp, TraceFlags, TraceId, WallClock};

/// The identity of a span: W3C's trace id, parent id and flags.
///
/// Takes 32 bytes. The flags tell whether the trace is sampled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TraceContext {
    /// The id of the trace.
    pub trace_id: TraceId,
    /// The id of the span.
    pub span_id: SpanId,
    /// The flags: whether the trace is sampled, and whether its id is random.
    pub flags: TraceFlags,
}

impl TraceContext {
    /// Creates a context from its parts.
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self { trace_id, span_id, flags }
    }

    /// Returns whether the trace is sampled.
    pub const fn is_sampled(&self) -> bool {
        self.flags.is_sampled()
    }
}

/// The context of a message in a sampled trace.
///
/// It does not keep the sender's span open.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct SampledContext {
    /// The identity of the sender's span.
    pub context: TraceContext,
    /// The probability with which this path of the trace was sampled, in `(0, 1]`.
    ///
    /// It covers every decision and every fan-out since the root. Its inverse is the number of messages that this one
    /// stands for. It is `None` if the probability of some decision is not known.
    pub probability: Option<f64>,
    /// The part of `probability` that is independent of the trace id's randomness, such as that of fan-outs.
    ///
    /// It is 1 if that randomness alone decided. A sampler that decides by the same randomness again needs to know
    /// this part.
    pub fanout_probability: f32,
    /// The number of messages since the root, or since the last cut (see [`Options::hop_limit`](crate::Options::hop_limit)).
    pub hops: u16,
    /// Whether a fan-out selected this message out of several.
    pub selected: bool,
    /// Whether the context came from another process.
    pub remote: bool,
    /// Whether a sampling decision was made, but no span has this context yet. The message becomes the root once
    /// handled.
    ///
    /// Handle such a message in this process. Its span id belongs to no span that others could continue.
    pub is_root: bool,
    /// The scope that records the trace, within this process.
    pub(crate) scope: ScopeId,
    /// The difference between the wall clock and this process's timestamps when the trace entered the process.
    pub(crate) clock: WallClock,
    /// The time at which the message was put into a mailbox. `None` before that.
    ///
    /// It is not sent to other processes, which have other clocks.
    pub sent: Option<Timestamp>,
    /// The `tracestate` of the trace, as one header value.
    pub tracestate: Option<Arc<str>>,
    /// The W3C `baggage` of the trace, as one header value.
    pub baggage: Option<Arc<str>>,
}

impl SampledContext {
    /// Creates the context of a message that the span `context` sends now. Its probability is not known.
    pub fn new(context: TraceContext) -> Self {
        Self { sent: Some(Timestamp::now()), ..Self::unsent(context) }
    }

    /// Creates the context of a message that came from another process.
    #[inline]
    pub(crate) const fn arrived(context: TraceContext) -> Self {
        let mut arrived = Self::unsent(context);
        arrived.remote = true;
        arrived
    }

    /// Creates a context like [`new`](Self::new), which is not sent yet.
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

// A message's context is copied between threads. Its size is what a sampled message allocates.
const _: () = {
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<SampledContext>();
    assert!(size_of::<TraceContext>() == 32);
    assert!(size_of::<SampledContext>() <= 112);
};
