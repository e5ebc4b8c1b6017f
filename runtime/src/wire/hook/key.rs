//! A map's key: the sidecar's, or one for the user's type.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use super::{ReplayTag, Tag};
use crate::wire::RESERVED_NAME;

/// The key that was read, or the seed back when the key was the sidecar's.
pub(super) enum Key<K, S> {
    Message(K),
    Sidecar(S),
}

pub(super) struct KeySeed<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<S> {
    type Value = Key<S::Value, S>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> KeySeed<S> {
    #[inline]
    fn key<E: de::Error>(self, key: Tag<'de>) -> Result<Key<S::Value, S>, E> {
        if key.name() == Some(RESERVED_NAME.as_bytes()) {
            return Ok(Key::Sidecar(self.0));
        }
        self.0.deserialize(ReplayTag::new(key)).map(Key::Message)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for KeySeed<S> {
    type Value = Key<S::Value, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_u64<E: de::Error>(self, key: u64) -> Result<Self::Value, E> {
        self.key(Tag::U64(key))
    }

    #[inline]
    fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        self.key(Tag::Borrowed(key))
    }

    /// A transient key is not copied.
    #[inline]
    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        if key == RESERVED_NAME {
            return Ok(Key::Sidecar(self.0));
        }
        self.0.deserialize(de::value::StrDeserializer::new(key)).map(Key::Message)
    }

    fn visit_string<E: de::Error>(self, key: String) -> Result<Self::Value, E> {
        self.key(Tag::Owned(key))
    }

    fn visit_borrowed_bytes<E: de::Error>(self, key: &'de [u8]) -> Result<Self::Value, E> {
        self.key(Tag::BorrowedBytes(key))
    }

    fn visit_bytes<E: de::Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        self.key(Tag::OwnedBytes(key.to_vec()))
    }
}
