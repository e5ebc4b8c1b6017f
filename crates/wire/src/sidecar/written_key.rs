//! Finds out what the key of a map is, by running its `Serialize`.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};
use traced_actor::wire::groups::refuse_methods;

use crate::RESERVED_NAME;

/// A key that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenKey {
    /// The sidecar's own name, as a text or as bytes, also in an option.
    Reserved,
    /// Another text.
    Text,
    /// Any other value.
    Other,
    /// An error of its `Serialize`. Serializing the key returns the error.
    Failed,
}

/// Returns what a key is within the newtypes around it.
pub(super) fn written_key<K: Serialize + ?Sized>(key: &K, human_readable: bool) -> WrittenKey {
    match key.serialize(Ask { human_readable }) {
        Ok(found) | Err(Answer(found)) => found,
    }
}

impl WrittenKey {
    fn of_text(text: &str) -> Self {
        if text == RESERVED_NAME { Self::Reserved } else { Self::Text }
    }
}

#[derive(Debug)]
struct Answer(WrittenKey);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is written here")
    }
}

impl std::error::Error for Answer {}

impl ser::Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(WrittenKey::Failed)
    }
}

struct Ask {
    human_readable: bool,
}

impl Serializer for Ask {
    type Ok = WrittenKey;
    type Error = Answer;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    fn serialize_str(self, text: &str) -> Result<WrittenKey, Answer> {
        Ok(WrittenKey::of_text(text))
    }

    fn serialize_char(self, _: char) -> Result<WrittenKey, Answer> {
        Ok(WrittenKey::Text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<WrittenKey, Answer> {
        Ok(if bytes == RESERVED_NAME.as_bytes() { WrittenKey::Reserved } else { WrittenKey::Other })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<WrittenKey, Answer> {
        match value.serialize(self)? {
            WrittenKey::Reserved => Ok(WrittenKey::Reserved),
            _ => Ok(WrittenKey::Other),
        }
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<WrittenKey, Answer> {
        Ok(WrittenKey::of_text(name))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<WrittenKey, Answer> {
        value.serialize(self)
    }

    refuse_methods!(Err(Answer(WrittenKey::Other)) => scalars unit_struct seq tuple_struct map struct variants);
}
