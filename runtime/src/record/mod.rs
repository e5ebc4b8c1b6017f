//! The trait that exports spans, the data that it receives, and counters.
//!
//! A [`Recorder`] is installed once per process. Without one, no spans are recorded and no sampling decisions are
//! made. Received contexts are still passed on.

mod counters;
mod current;
mod description;
pub mod field;
mod finished;
mod name;
mod recorder;
mod scoped;
mod send_failure;
mod type_name;

pub use counters::{Counters, counters};
pub(crate) use counters::{
    count_ambiguous, count_dropped, count_dropped_by_fanout, count_dropped_by_parent, count_dropped_by_ratio,
    count_kept, count_out_of_scope, count_skipped,
};
pub use current::is_recording;
pub(crate) use current::{is_process_recording, now, process_recorder, recorder};
pub(crate) use description::Description;
pub use field::{Attribute, Fields};
pub(crate) use field::{NoFields, RecordFields};
pub use finished::{FinishedEvent, FinishedSpan, FinishedSpans, OwnedAttribute};
pub(crate) use name::{short, span_name, type_kind};
pub(crate) use recorder::CurrentId;
pub use recorder::{
    AlreadyInstalled, CurrentContext, ErrorText, Failure, FanoutSummary, Link, MAX_LINKS, OpenSpan, Recorder,
    Span, SpanEnd, SpanStart, install,
};
pub(crate) use scoped::set as set_scoped;
pub(crate) use send_failure::CountPanic;
pub use send_failure::SendFailure;
