//! Reads the content of a retired variant as a separate value, so that a plain struct can describe it.

use std::fmt::Display;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The content of a retired variant.
#[derive(Debug)]
pub struct Content<A> {
    access: A,
    human_readable: bool,
}

impl<A> Content<A> {
    pub(super) const fn new(access: A, human_readable: bool) -> Self {
        Self { access, human_readable }
    }

    /// Reads the content as `T`, and upgrades it to a current message.
    ///
    /// `T` is a struct for `Variant { … }`, a tuple struct for `Variant(…)`, and a unit struct for `Variant`.
    ///
    /// # Errors
    ///
    /// Returns the errors of the format, of `T` and of `upgrade`.
    pub fn read<'de, T, U, M>(self, upgrade: impl FnOnce(T) -> U) -> Result<M, A::Error>
    where
        T: Deserialize<'de>,
        U: Upgraded<M>,
        A: VariantAccess<'de>,
    {
        upgrade(T::deserialize(self)?).upgraded()
    }

    /// Returns the error of a retired shape that does not exist.
    ///
    /// # Errors
    ///
    /// Always returns an error.
    pub fn none<'de, M>(self) -> Result<M, A::Error>
    where
        A: VariantAccess<'de>,
    {
        Err(A::Error::custom("no such retired shape"))
    }
}

/// The result of an `upgrade`: a current message, or a `Result` with one.
pub trait Upgraded<M> {
    /// Returns the message.
    ///
    /// # Errors
    ///
    /// Returns the error of the `upgrade`.
    fn upgraded<E: serde::de::Error>(self) -> Result<M, E>;
}

impl<M> Upgraded<M> for M {
    fn upgraded<E: serde::de::Error>(self) -> Result<M, E> {
        Ok(self)
    }
}

impl<M, X: Display> Upgraded<M> for Result<M, X> {
    fn upgraded<E: serde::de::Error>(self) -> Result<M, E> {
        self.map_err(E::custom)
    }
}

impl<'de, A: VariantAccess<'de>> Deserializer<'de> for Content<A> {
    type Error = A::Error;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("the type of a retired shape must be a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.access.struct_variant(fields, visitor)
    }

    /// Deserializes a struct with a flattened field.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        self.access.struct_variant(&[], visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.access.tuple_variant(len, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.access.newtype_variant_seed(Newtype(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.access.unit_variant()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit seq tuple enum
        identifier ignored_any
    }
}

struct Newtype<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Newtype<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(deserializer)
    }
}
