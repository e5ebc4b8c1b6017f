//! Reads a key of a map, which is either the sidecar's or one of the user's type.
//!
//! The format is asked for any value, and the user's type gets the value in the form that it asks for. Like in a
//! format, a text is also given to a newtype around a text, and to an enum without content.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::RESERVED_NAME;

/// The key that was read, or the seed if the key is the sidecar's.
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
    fn key<E: de::Error>(self, key: Text<'_, 'de>) -> Result<Key<S::Value, S>, E> {
        if key.is(RESERVED_NAME) {
            return Ok(Key::Sidecar(self.0));
        }
        self.0.deserialize(TextKey { key, error: PhantomData }).map(Key::Message)
    }
}

/// Visits a key that is not a text, and therefore belongs to the message, in its original form.
macro_rules! numbers {
    ($($method:ident($type:ty) => $deserializer:ident)*) => {$(
        fn $method<E: de::Error>(self, key: $type) -> Result<Self::Value, E> {
            self.0.deserialize(de::value::$deserializer::new(key)).map(Key::Message)
        }
    )*};
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for KeySeed<S> {
    type Value = Key<S::Value, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    numbers! {
        visit_bool(bool) => BoolDeserializer
        visit_i64(i64) => I64Deserializer
        visit_u64(u64) => U64Deserializer
        visit_i128(i128) => I128Deserializer
        visit_u128(u128) => U128Deserializer
        visit_f64(f64) => F64Deserializer
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        self.0.deserialize(de::value::UnitDeserializer::new()).map(Key::Message)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        self.0.deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Key::Message)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.deserialize(de::value::MapAccessDeserializer::new(map)).map(Key::Message)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        self.0.deserialize(de::value::EnumAccessDeserializer::new(access)).map(Key::Message)
    }

    #[inline]
    fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        self.key(Text::Borrowed(key))
    }

    /// Visits a transient key, which is not copied.
    #[inline]
    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        self.key(Text::Transient(key))
    }

    fn visit_borrowed_bytes<E: de::Error>(self, key: &'de [u8]) -> Result<Self::Value, E> {
        self.key(Text::BorrowedBytes(key))
    }

    fn visit_bytes<E: de::Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        self.key(Text::TransientBytes(key))
    }
}

/// A text key, in the form in which the format gave it.
#[derive(Clone, Copy)]
enum Text<'a, 'de> {
    Borrowed(&'de str),
    Transient(&'a str),
    BorrowedBytes(&'de [u8]),
    TransientBytes(&'a [u8]),
}

impl Text<'_, '_> {
    #[inline]
    #[expect(clippy::match_same_arms, reason = "they have two lifetimes")]
    fn is(&self, name: &str) -> bool {
        match self {
            Self::Borrowed(text) => *text == name,
            Self::Transient(text) => *text == name,
            Self::BorrowedBytes(bytes) => *bytes == name.as_bytes(),
            Self::TransientBytes(bytes) => *bytes == name.as_bytes(),
        }
    }
}

/// A deserializer that returns the key.
struct TextKey<'a, 'de, E> {
    key: Text<'a, 'de>,
    error: PhantomData<E>,
}

impl<'de, E: de::Error> Deserializer<'de> for TextKey<'_, 'de, E> {
    type Error = E;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.key {
            Text::Borrowed(text) => visitor.visit_borrowed_str(text),
            Text::Transient(text) => visitor.visit_str(text),
            Text::BorrowedBytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Text::TransientBytes(bytes) => visitor.visit_bytes(bytes),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Reads the key as an enum without content.
impl<'de, E: de::Error> de::EnumAccess<'de> for TextKey<'_, 'de, E> {
    type Error = E;
    type Variant = NoContent<E>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, NoContent<E>), E> {
        Ok((seed.deserialize(self)?, NoContent(PhantomData)))
    }
}

struct NoContent<E>(PhantomData<E>);

impl<E: de::Error> NoContent<E> {
    fn wanted<T>(what: &str) -> Result<T, E> {
        Err(E::invalid_type(de::Unexpected::UnitVariant, &what))
    }
}

impl<'de, E: de::Error> de::VariantAccess<'de> for NoContent<E> {
    type Error = E;

    fn unit_variant(self) -> Result<(), E> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, E> {
        Self::wanted("newtype variant")
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, E> {
        Self::wanted("tuple variant")
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, E> {
        Self::wanted("struct variant")
    }
}
