//! How everything above reports what happens: one trait, and the span that is current on this thread.
//!
//! A [`Recorder`] is installed once per process. Where none is, nothing is recorded, nothing is decided, and
//! contexts that arrive are passed on.

mod counters;
mod current;
pub mod field;
mod finished;
mod name;
mod open;
mod recorder;
pub mod tail;
mod type_name;

pub use counters::{Counters, counters};
pub(crate) use counters::{
    count_dropped_by_fanout, count_dropped_by_parent, count_out_of_scope, count_skipped,
};
#[cfg(feature = "otel")]
pub(crate) use current::is_unsampled;
pub(crate) use current::{
    Content, Entered, Frame, Mode, Received, Saved, Slot, Waiting, budget, capture, is_sampled, push,
    send_failed, set_instance, set_slot, slot, top, truncate, truncate_to,
};
#[cfg(feature = "otel")]
pub(crate) use field::bounded_text;
pub use field::{Attribute, Fields};
pub use finished::{FinishedSpan, FinishedSpans, OwnedAttribute};
pub(crate) use name::type_kind;
pub(crate) use open::{Description, NoFields, RecordFields, begin, begin_batch, drops_root};
pub(crate) use recorder::is_recording;
pub use recorder::{
    AlreadyInstalled, Ambient, End, Failure, FanoutSummary, Link, MAX_LINKS, NewSpan, Recorder, Span, Words,
    install,
};
