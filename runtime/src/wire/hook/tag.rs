//! The tag of an enum, read once and replayed in the form in which the format gave it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::wire::{RESERVED_INDEX, RESERVED_NAME};

/// A tag as the format gave it.
#[derive(Debug)]
pub(in crate::wire) enum Tag<'de> {
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    Borrowed(&'de str),
    /// One of the names that were known in advance, which saves an allocation.
    Known(&'static str),
    Owned(String),
    BorrowedBytes(&'de [u8]),
    OwnedBytes(Vec<u8>),
}

impl Tag<'_> {
    /// Returns whether it is the tag of an envelope.
    #[inline]
    pub(in crate::wire) fn is_reserved(&self) -> bool {
        match self.index() {
            Some(index) => index == u64::from(RESERVED_INDEX),
            None => self.name() == Some(RESERVED_NAME.as_bytes()),
        }
    }

    #[inline]
    pub(in crate::wire) fn index(&self) -> Option<u64> {
        match *self {
            Self::U8(index) => Some(index.into()),
            Self::U16(index) => Some(index.into()),
            Self::U32(index) => Some(index.into()),
            Self::U64(index) => Some(index),
            _ => None,
        }
    }

    #[inline]
    pub(in crate::wire) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Borrowed(name) | Self::Known(name) => Some(name.as_bytes()),
            Self::Owned(name) => Some(name.as_bytes()),
            Self::BorrowedBytes(name) => Some(name),
            Self::OwnedBytes(name) => Some(name),
            _ => None,
        }
    }
}

/// Deserializes a tag.
pub(in crate::wire) struct TagSeed<'a> {
    /// The names to expect.
    pub(in crate::wire) names: &'a [&'static str],
}

impl<'de> DeserializeSeed<'de> for TagSeed<'_> {
    type Value = Tag<'de>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tag<'de>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de> Visitor<'de> for TagSeed<'_> {
    type Value = Tag<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    #[inline]
    fn visit_u8<E>(self, index: u8) -> Result<Tag<'de>, E> {
        Ok(Tag::U8(index))
    }

    #[inline]
    fn visit_u16<E>(self, index: u16) -> Result<Tag<'de>, E> {
        Ok(Tag::U16(index))
    }

    #[inline]
    fn visit_u32<E>(self, index: u32) -> Result<Tag<'de>, E> {
        Ok(Tag::U32(index))
    }

    #[inline]
    fn visit_u64<E>(self, index: u64) -> Result<Tag<'de>, E> {
        Ok(Tag::U64(index))
    }

    #[inline]
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Tag<'de>, E> {
        Ok(Tag::Borrowed(name))
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<Tag<'de>, E> {
        let mut known = self.names.iter().chain([&RESERVED_NAME]);
        match known.find(|known| **known == name) {
            Some(known) => Ok(Tag::Known(known)),
            None => Ok(Tag::Owned(name.to_owned())),
        }
    }

    fn visit_string<E>(self, name: String) -> Result<Tag<'de>, E> {
        Ok(Tag::Owned(name))
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Tag<'de>, E> {
        Ok(Tag::BorrowedBytes(name))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Tag<'de>, E> {
        Ok(Tag::OwnedBytes(name.to_vec()))
    }
}

/// A deserializer that returns a tag.
pub(in crate::wire) struct ReplayTag<'de, E> {
    tag: Tag<'de>,
    error: PhantomData<E>,
}

impl<'de, E> ReplayTag<'de, E> {
    pub(in crate::wire) fn new(tag: Tag<'de>) -> Self {
        Self { tag, error: PhantomData }
    }
}

impl<'de, E: de::Error> Deserializer<'de> for ReplayTag<'de, E> {
    type Error = E;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.tag {
            Tag::U8(index) => visitor.visit_u8(index),
            Tag::U16(index) => visitor.visit_u16(index),
            Tag::U32(index) => visitor.visit_u32(index),
            Tag::U64(index) => visitor.visit_u64(index),
            Tag::Borrowed(name) => visitor.visit_borrowed_str(name),
            Tag::Known(name) => visitor.visit_str(name),
            Tag::Owned(name) => visitor.visit_string(name),
            Tag::BorrowedBytes(name) => visitor.visit_borrowed_bytes(name),
            Tag::OwnedBytes(name) => visitor.visit_byte_buf(name),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// An enum whose tag was already read.
pub(in crate::wire) struct Replay<'de, A> {
    pub(in crate::wire) tag: Tag<'de>,
    pub(in crate::wire) content: A,
}

impl<'de, A: VariantAccess<'de>> EnumAccess<'de> for Replay<'de, A> {
    type Error = A::Error;
    type Variant = A;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, A), A::Error> {
        Ok((seed.deserialize(ReplayTag::new(self.tag))?, self.content))
    }
}
