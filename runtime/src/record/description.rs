//! The description of a message.

use super::field::RecordFields;
use crate::sampling::{Key, Kind, Options};

/// The description of a message. Created only when a decision is made or a span is recorded.
pub(crate) struct Description<'a> {
    pub(crate) kind: &'static Kind,
    /// The options of the message's own annotation.
    pub(crate) options: &'a Options,
    /// The type's name. Without its path it is the actor's name, if there is no other.
    pub(crate) type_name: &'static str,
    pub(crate) fanout: Option<u64>,
    pub(crate) key: Option<Key<'a>>,
    pub(crate) fields: &'a dyn RecordFields,
    pub(crate) sent: SentAs,
}

/// The way in which a message was sent.
#[derive(Clone, Copy)]
pub(crate) enum SentAs {
    /// A cast or a call, as its kind says.
    OfKind,
    Cast,
    Call,
    /// A direct call of its handler.
    Directly,
}

impl SentAs {
    /// Returns the word for a message of this kind that was sent in this way.
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
