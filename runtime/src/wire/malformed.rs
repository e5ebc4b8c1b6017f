//! Reasons why a trace context was not used.

use crate::w3c::ParseError;

/// The reason why a trace context was not used, or only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// A value of another type was in its place.
    Type,
    /// The context is too short, or longer than its version allows.
    Length,
    /// The version is invalid.
    Version,
    /// A separator or the flags are invalid.
    Syntax,
    /// The trace id is zero or malformed.
    TraceId,
    /// The span id is zero or malformed.
    SpanId,
    /// A `tracestate`, a `baggage` or another extra is truncated, too long, or not valid in a header.
    ///
    /// The ids were still used.
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
