//! Why a trace context was not used.

use crate::w3c::ParseError;

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

impl From<ParseError> for Malformed {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Length => Self::Length,
            ParseError::Version => Self::Version,
            ParseError::TraceId => Self::TraceId,
            ParseError::SpanId => Self::SpanId,
            _ => Self::Syntax,
        }
    }
}
