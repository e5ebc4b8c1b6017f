//! Trace contexts as plain data: ids, flags, the three states of a message, the id generator and the clock.
//!
//! This module does not depend on tokio, serde, OpenTelemetry or a recorder. The flow that runs on a thread keeps the
//! current context and the open span.

mod clock;
mod flags;
mod fork;
mod generator;
mod id;
mod message_context;
pub(crate) mod scope;
mod span_kind;
mod trace_context;
mod tracestate;

pub use crate::short_text::shortened;
pub use clock::Timestamp;
pub(crate) use clock::WallClock;
pub use flags::TraceFlags;
pub use fork::{forks, watch as watch_forks};
pub(crate) use generator::seed;
pub use generator::{new_span_id, new_trace_id, random_below, random_unit};
pub use id::{ParseIdError, SpanId, TraceId};
pub use message_context::{ContextState, MessageContext};
pub use span_kind::SpanKind;
pub use trace_context::{SampledContext, TraceContext};
pub use tracestate::{OURS as OUR_MEMBER, is_provisional, marked_provisional};
pub(crate) use tracestate::{is_probability, product};
