//! Reads a key of a map, which is either the sidecar's or one of the user's type.
//!
//! The format is asked for any value. The user's type gets it in the form that it asks for. As in a format, a text is
//! also given to a newtype around a text, and to an enum without content. In formats for people, whose keys are all
//! texts, it is also given as the number that it is; and in others, sixteen bytes are given as a number of 128 bits, as
//! `MessagePack` has it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

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
        let human_readable = deserializer.is_human_readable();
        deserializer.deserialize_any(KeyVisitor { seed: self.0, human_readable })
    }
}

struct KeyVisitor<S> {
    seed: S,
    human_readable: bool,
}

impl<'de, S: DeserializeSeed<'de>> KeyVisitor<S> {
    #[inline]
    fn key<E: de::Error>(self, key: Text<'_, 'de>) -> Result<Key<S::Value, S>, E> {
        let Self { seed, human_readable } = self;
        if key.is(RESERVED_NAME) {
            return Ok(Key::Sidecar(seed));
        }
        seed.deserialize(TextKey { key, human_readable, error: PhantomData }).map(Key::Message)
    }
}

/// Visits a key that is not a text, and therefore belongs to the message, in its original form.
macro_rules! numbers {
    ($($method:ident($type:ty) => $deserializer:ident)*) => {$(
        fn $method<E: de::Error>(self, key: $type) -> Result<Self::Value, E> {
            self.seed.deserialize(de::value::$deserializer::new(key)).map(Key::Message)
        }
    )*};
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for KeyVisitor<S> {
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
        visit_f32(f32) => F32Deserializer
        visit_f64(f64) => F64Deserializer
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        self.seed.deserialize(de::value::UnitDeserializer::new()).map(Key::Message)
    }

    /// Visits CBOR's null. serde's own deserializer returns a unit as `None` as well.
    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.seed.deserialize(deserializer).map(Key::Message)
    }

    /// Visits an extension of `MessagePack`.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.seed.deserialize(deserializer).map(Key::Message)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        self.seed.deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Key::Message)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.seed.deserialize(de::value::MapAccessDeserializer::new(map)).map(Key::Message)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        self.seed.deserialize(de::value::EnumAccessDeserializer::new(access)).map(Key::Message)
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
    human_readable: bool,
    error: PhantomData<E>,
}

/// Implements methods that return a key as the number or boolean that it was written from.
macro_rules! parsed {
    ($($method:ident => $visit:ident($type:ty))*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            match self.parsed::<$type>() {
                Some(value) => visitor.$visit(value),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<E> TextKey<'_, '_, E> {
    /// Returns the value if the key is exactly its text.
    fn parsed<T: FromStr + ToString>(&self) -> Option<T> {
        let text = match self.key {
            Text::Borrowed(text) | Text::Transient(text) if self.human_readable => text,
            _ => return None,
        };
        text.parse().ok().filter(|value: &T| value.to_string() == text)
    }

    /// Returns the bytes of a number of 128 bits.
    fn wide(&self) -> Option<[u8; 16]> {
        match self.key {
            Text::BorrowedBytes(bytes) | Text::TransientBytes(bytes) if !self.human_readable => {
                bytes.try_into().ok()
            }
            _ => None,
        }
    }
}

impl<'de, E: de::Error> Deserializer<'de> for TextKey<'_, 'de, E> {
    type Error = E;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    parsed! {
        deserialize_bool => visit_bool(bool)
        deserialize_i8 => visit_i64(i64)
        deserialize_i16 => visit_i64(i64)
        deserialize_i32 => visit_i64(i64)
        deserialize_i64 => visit_i64(i64)
        deserialize_u8 => visit_u64(u64)
        deserialize_u16 => visit_u64(u64)
        deserialize_u32 => visit_u64(u64)
        deserialize_u64 => visit_u64(u64)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.parsed().or_else(|| self.wide().map(i128::from_be_bytes)) {
            Some(number) => visitor.visit_i128(number),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.parsed().or_else(|| self.wide().map(u128::from_be_bytes)) {
            Some(number) => visitor.visit_u128(number),
            None => self.deserialize_any(visitor),
        }
    }

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
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
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
