//! Finds the sidecar's key among those of the outermost map, and ignores everything else.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use crate::RESERVED_NAME;
use traced_actor::wire::hook::{Asks, asks};

/// Looks for the sidecar's key in the outermost map of a message.
///
/// A message is read through a hook only if it has the key, because the format itself handles other types of keys
/// better.
#[derive(Debug)]
pub(super) struct Sidecars {
    has_key: bool,
    human_readable: bool,
}

impl Sidecars {
    /// Returns whether a reader of an `M` treats the key as a sidecar.
    pub(super) fn are_read_by<'de, M: Deserialize<'de>>(&self) -> bool {
        self.has_key && matches!(asks::<M>(self.human_readable), Asks::Any | Asks::Struct | Asks::Map)
    }
}

impl<'de> Deserialize<'de> for Sidecars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let human_readable = deserializer.is_human_readable();
        let has_key = Look { at_key: false }.deserialize(deserializer)?;
        Ok(Self { has_key, human_readable })
    }
}

/// A deserialization of a message, or of one of its keys.
#[derive(Clone, Copy)]
struct Look {
    at_key: bool,
}

impl<'de> DeserializeSeed<'de> for Look {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! nothing {
    ($($method:ident($($type:ty)?))*) => {$(
        fn $method<E>(self $(, _: $type)?) -> Result<bool, E> {
            Ok(false)
        }
    )*};
}

impl<'de> Visitor<'de> for Look {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        Ok(self.at_key && text == RESERVED_NAME)
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<bool, E> {
        Ok(self.at_key && bytes == RESERVED_NAME.as_bytes())
    }

    nothing! {
        visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_i128(i128) visit_u128(u128) visit_f64(f64) visit_unit()
        visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while let Some(IgnoredAny) = seq.next_element()? {}
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut has_key = false;
        while let Some(found) = map.next_key_seed(Self { at_key: true })? {
            let IgnoredAny = map.next_value()?;
            has_key |= found;
        }
        Ok(has_key && !self.at_key)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<bool, A::Error> {
        let (IgnoredAny, content) = access.variant()?;
        content.newtype_variant().map(|IgnoredAny| false)
    }
}
