//! The errors of parsing a header.

use std::fmt;

/// The error of parsing a trace header. The message is then handled without a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseError {
    /// A header that may occur only once occurred several times.
    Several,
    /// The value has an invalid length.
    Length,
    /// The version is invalid.
    Version,
    /// A separator between fields is missing or misplaced.
    Separator,
    /// The trace id has an invalid length, has a character that is not a hex digit of the required case, or is all
    /// zero.
    TraceId,
    /// The span id has an invalid length, has a character that is not a hex digit of the required case, or is all
    /// zero.
    SpanId,
    /// The flags or the sampling decision are not valid in the format.
    Flags,
    /// A required field is missing or occurs twice.
    Field,
    /// A list member violates the grammar.
    Member,
    /// A list has too many members.
    Members,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Several => "the header came more than once",
            Self::Length => "it has another length than the format",
            Self::Version => "its version does not exist",
            Self::Separator => "its fields are not separated as the format says",
            Self::TraceId => "the trace id has a wrong length or digit, or is zero",
            Self::SpanId => "the span id has a wrong length or digit, or is zero",
            Self::Flags => "the flags or the sampling decision are none of the format's",
            Self::Field => "a field is missing, or there twice",
            Self::Member => "a member of the list is not allowed by its grammar",
            Self::Members => "the list has too many members",
        })
    }
}

impl std::error::Error for ParseError {}
