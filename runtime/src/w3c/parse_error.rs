//! What can be wrong with a header.

use std::fmt;

/// Why the value of a header names no context. Whoever sent it, the message goes on without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseError {
    /// A header that may come once came several times.
    Several,
    /// It is shorter or longer than it can be.
    Length,
    /// The version is not one.
    Version,
    /// What separates the fields is missing, or in another place.
    Separator,
    /// The trace id has another length, is no hex of the right case, or all zero.
    TraceId,
    /// The span id has another length, is no hex of the right case, or all zero.
    SpanId,
    /// The flags, or the sampling decision, are none that the format has.
    Flags,
    /// A field that must be there is missing, or there twice.
    Field,
    /// A list has a member that its grammar does not allow.
    Member,
    /// A list has more members than it may.
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
