//! Finds the sidecar's key among those of the outermost map, and ignores everything else.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use crate::RESERVED_NAME;

/// A count of the sidecar's key in the outermost map of a message.
///
/// A message is read through a hook only if it has the key, because the format itself handles other types of keys
/// better.
#[derive(Debug)]
pub(super) struct Sidecars {
    /// The number of occurrences of the key.
    pub(super) count: usize,
    /// Whether the format is human-readable.
    pub(super) human_readable: bool,
}

impl<'de> Deserialize<'de> for Sidecars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let human_readable = deserializer.is_human_readable();
        let count = Look { at_key: false }.deserialize(deserializer)?;
        Ok(Self { count, human_readable })
    }
}

/// A deserialization of a message, or of one of its keys.
#[derive(Clone, Copy)]
struct Look {
    at_key: bool,
}

impl<'de> DeserializeSeed<'de> for Look {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! nothing {
    ($($method:ident($($type:ty)?))*) => {$(
        fn $method<E>(self $(, _: $type)?) -> Result<usize, E> {
            Ok(0)
        }
    )*};
}

impl<'de> Visitor<'de> for Look {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<usize, E> {
        Ok((self.at_key && text == RESERVED_NAME).into())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<usize, E> {
        Ok((self.at_key && bytes == RESERVED_NAME.as_bytes()).into())
    }

    nothing! {
        visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_i128(i128) visit_u128(u128) visit_f64(f64) visit_unit()
        visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        while let Some(IgnoredAny) = seq.next_element()? {}
        Ok(0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(found) = map.next_key_seed(Self { at_key: true })? {
            let IgnoredAny = map.next_value()?;
            count += found;
        }
        Ok(if self.at_key { 0 } else { count })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<usize, A::Error> {
        let (IgnoredAny, content) = access.variant()?;
        content.newtype_variant().map(|IgnoredAny| 0)
    }
}
