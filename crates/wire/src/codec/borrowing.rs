//! Wraps a format that reads from a slice. It requests borrowed texts and bytes, which are copied if the type owns
//! them.
//!
//! So a length is compared with the available bytes before memory is reserved. If a format is asked for an owned text,
//! it reserves what the length says, possibly all of the memory, unless it accounts for each byte.

use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

/// A value that is read in this way.
pub(super) struct Borrowing<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Borrowing<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(BorrowingDeserializer(deserializer)).map(Self)
    }
}

/// A deserializer, a visitor, an access or a seed with this wrapper.
struct BorrowingDeserializer<T>(T);

/// Implements methods of `Deserializer`, with the visitor wrapped.
macro_rules! methods {
    ($($method:ident($($argument:ident: $type:ty),*) => $asked:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$asked($($argument,)* BorrowingDeserializer(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for BorrowingDeserializer<D> {
    type Error = D::Error;

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }

    methods! {
        deserialize_string() => deserialize_str
        deserialize_byte_buf() => deserialize_bytes

        deserialize_any() => deserialize_any
        deserialize_bool() => deserialize_bool
        deserialize_i8() => deserialize_i8
        deserialize_i16() => deserialize_i16
        deserialize_i32() => deserialize_i32
        deserialize_i64() => deserialize_i64
        deserialize_i128() => deserialize_i128
        deserialize_u8() => deserialize_u8
        deserialize_u16() => deserialize_u16
        deserialize_u32() => deserialize_u32
        deserialize_u64() => deserialize_u64
        deserialize_u128() => deserialize_u128
        deserialize_f32() => deserialize_f32
        deserialize_f64() => deserialize_f64
        deserialize_char() => deserialize_char
        deserialize_str() => deserialize_str
        deserialize_bytes() => deserialize_bytes
        deserialize_option() => deserialize_option
        deserialize_unit() => deserialize_unit
        deserialize_unit_struct(name: &'static str) => deserialize_unit_struct
        deserialize_newtype_struct(name: &'static str) => deserialize_newtype_struct
        deserialize_seq() => deserialize_seq
        deserialize_tuple(len: usize) => deserialize_tuple
        deserialize_tuple_struct(name: &'static str, len: usize) => deserialize_tuple_struct
        deserialize_map() => deserialize_map
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) => deserialize_struct
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) => deserialize_enum
        deserialize_identifier() => deserialize_identifier
        deserialize_ignored_any() => deserialize_ignored_any
    }
}

/// Implements methods of `Visitor` that get a value.
macro_rules! values {
    ($($method:ident($type:ty))*) => {$(
        #[inline]
        fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for BorrowingDeserializer<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    values! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
        visit_f32(f32) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    #[inline]
    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    #[inline]
    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(BorrowingDeserializer(deserializer))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(BorrowingDeserializer(deserializer))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(BorrowingDeserializer(seq))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(BorrowingDeserializer(map))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(BorrowingDeserializer(access))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for BorrowingDeserializer<S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(BorrowingDeserializer(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for BorrowingDeserializer<A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(BorrowingDeserializer(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for BorrowingDeserializer<A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(BorrowingDeserializer(seed))
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(BorrowingDeserializer(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for BorrowingDeserializer<A> {
    type Error = A::Error;
    type Variant = BorrowingDeserializer<A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (tag, content) = self.0.variant_seed(BorrowingDeserializer(seed))?;
        Ok((tag, BorrowingDeserializer(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for BorrowingDeserializer<A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(BorrowingDeserializer(seed))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, BorrowingDeserializer(visitor))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, BorrowingDeserializer(visitor))
    }
}
