//! Whether a message type is an enum to serde, learned by asking it.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Whether the first that `M` asks a deserializer for is an enum. Only then does the reserved variant mean an envelope:
/// the bytes of a struct may be anything. Costs nothing where `M`'s `Deserialize` can be inlined, as a derived one can.
#[inline]
pub(in crate::wire) fn is_enum<'de, M: Deserialize<'de>>(human_readable: bool) -> bool {
    matches!(M::deserialize(Probe { human_readable }), Err(Asked::ForEnum))
}

/// A deserializer that has nothing to give.
struct Probe {
    human_readable: bool,
}

#[derive(Debug)]
enum Asked {
    ForEnum,
    ForSomethingElse,
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Asked;

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked::ForEnum)
    }

    /// A newtype around the enum has no bytes of its own.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked::ForSomethingElse)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::ForSomethingElse
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is read here")
    }
}

impl std::error::Error for Asked {}
