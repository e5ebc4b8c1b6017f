//! The description of a message.

use super::field::RecordFields;
use crate::sampling::{Key, Kind, Options};

/// The description of a message. Created only when a decision is made or a span is recorded.
pub(crate) struct Description<'a> {
    pub(crate) kind: &'static Kind,
    /// The options of the message's own annotation.
    pub(crate) options: &'a Options,
    /// The type's name: without its path the actor's name where there is no other.
    pub(crate) type_name: &'static str,
    pub(crate) fanout: Option<u64>,
    pub(crate) key: Option<Key<'a>>,
    pub(crate) fields: &'a dyn RecordFields,
    pub(crate) sent: SentAs,
}

/// How a message was sent.
#[derive(Clone, Copy)]
pub(crate) enum SentAs {
    /// As its kind says.
    OfKind,
    Cast,
    Call,
    /// It was given to its handler.
    Directly,
}

impl SentAs {
    /// Returns the word for it, of a message of this kind.
    pub(crate) const fn word(self, kind: &Kind) -> Option<&'static str> {
        match self {
            Self::OfKind if kind.operation_span_kind().is_some() => None,
            Self::OfKind if kind.is_call() => Some("call"),
            Self::Call => Some("call"),
            Self::OfKind | Self::Cast => Some("cast"),
            Self::Directly => None,
        }
    }
}
