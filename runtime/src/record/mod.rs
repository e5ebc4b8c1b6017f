//! The trait that exports spans, the data that it receives, and counters.
//!
//! A [`Recorder`] is installed once per process. Without one, no spans are recorded and no sampling decisions are
//! made. Received contexts are still passed on.

mod bridge;
mod counters;
mod current;
mod description;
pub mod field;
mod finished;
mod name;
mod recorder;
mod scoped;
mod send_failure;
mod span;
mod type_name;

pub(crate) use bridge::CurrentId;
pub use bridge::{ContextBridge, CurrentContext};
pub(crate) use counters::{
    BY_PARENT, count_ambiguous, count_dropped, count_dropped_by_fanout, count_dropped_by_parent,
    count_dropped_by_ratio, count_kept, count_out_of_scope, count_skipped,
};
pub use counters::{Counters, counters};
pub use current::is_recording;
pub(crate) use current::{bridge, current_context, is_process_recording, now, recorder};
pub(crate) use description::{Description, SentAs};
pub use field::{Attribute, Fields};
pub(crate) use field::{NoFields, RecordFields};
pub use finished::{FinishedEvent, FinishedSpan, FinishedSpans, OwnedAttribute};
pub(crate) use name::{short, span_name, type_kind};
pub use recorder::{AlreadyInstalled, Link, MAX_LINKS, Recorder, SpanStart, install};
pub(crate) use scoped::set as set_scoped;
pub(crate) use send_failure::CountPanic;
pub use send_failure::SendFailure;
pub use span::{ErrorText, Failure, FanoutSummary, OpenSpan, Span, SpanEnd};
