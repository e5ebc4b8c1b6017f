//! How everything above reports what happens: one trait, and what it is told.
//!
//! A [`Recorder`] is installed once per process. Where none is, nothing is recorded, nothing is decided, and
//! contexts that arrive are passed on.

mod counters;
mod description;
pub mod field;
mod finished;
mod name;
mod recorder;
mod type_name;

pub use counters::{Counters, counters};
pub(crate) use counters::{
    count_ambiguous, count_dropped, count_dropped_by_fanout, count_dropped_by_parent, count_dropped_by_ratio,
    count_kept, count_out_of_scope, count_skipped,
};
pub(crate) use description::Description;
pub use field::{Attribute, Fields};
pub(crate) use field::{NoFields, RecordFields};
pub use finished::{FinishedEvent, FinishedSpan, FinishedSpans, OwnedAttribute};
pub(crate) use name::{short, span_name, type_kind};
pub use recorder::is_recording;
pub use recorder::{
    AlreadyInstalled, Ambient, End, Failure, FanoutSummary, Link, MAX_LINKS, NewSpan, Recorder, Span, Words,
    install,
};
pub(crate) use recorder::{CurrentId, recorder};
