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
}
