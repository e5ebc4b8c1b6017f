//! A context as bytes and as text. What cannot be read is counted by reason and costs the context, never the
//! message.

pub mod binary;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "serde")]
pub mod text;

#[cfg(feature = "serde")]
pub(super) use self::serde::ArrivedSeed;
#[cfg(feature = "serde")]
pub use self::serde::{Arrived, Departing};

use super::counters::count_malformed;
use crate::context::Carried;
use crate::w3c::Defect;

/// The longest `tracestate` that is read, in bytes; W3C asks for at least 512.
pub(super) const MAX_TRACESTATE: usize = 1024;
/// The longest `baggage` that is read, in bytes: W3C's limit.
pub(super) const MAX_BAGGAGE: usize = 8192;

/// Why a trace context was not used, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// Something of another type stood in its place.
    Type,
    /// Too short, or longer than its version allows.
    Length,
    /// A version that no context can have.
    Version,
    /// A separator or the flags are wrong.
    Syntax,
    /// The trace id is zero, or no id.
    TraceId,
    /// The span id is zero, or no id.
    SpanId,
    /// A `tracestate`, a `baggage` or another extra was cut off, too long, or held what a header cannot; the
    /// ids were used.
    Extra,
}

impl From<Defect> for Malformed {
    fn from(defect: Defect) -> Self {
        match defect {
            Defect::Length => Self::Length,
            Defect::Version => Self::Version,
            Defect::TraceId => Self::TraceId,
            Defect::SpanId => Self::SpanId,
            _ => Self::Syntax,
        }
    }
}

/// `read`, or absent and counted.
pub(super) fn or_absent(form: &'static str, read: Result<Carried, Malformed>) -> Carried {
    read.unwrap_or_else(|reason| {
        count_malformed(form, reason);
        Carried::ABSENT
    })
}

/// Whether `text` may go into a header as it is: printable ASCII.
fn is_header_text(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, 0x20..=0x7e))
}
