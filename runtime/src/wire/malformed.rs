//! Why a trace context was not used.

use crate::w3c::Defect;

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
