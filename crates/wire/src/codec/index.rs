//! Reads only the number of an enum's tag.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, Visitor};

thread_local! {
    /// The number that was read last on this thread.
    static INDEX: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Returns the number of the first variant that `read` meets, if the format writes numbers.
///
/// The rest of the input is not read.
pub(super) fn index<E>(read: impl FnOnce() -> Result<TagOnly, E>) -> Option<u64> {
    INDEX.set(None);
    read().err();
    INDEX.take()
}

/// A type whose deserialization stops after the tag, with an error.
#[derive(Debug)]
pub(super) enum TagOnly {}

impl<'de> Deserialize<'de> for TagOnly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("", &[], TagOnlyVisitor)
    }
}

struct TagOnlyVisitor;

impl<'de> Visitor<'de> for TagOnlyVisitor {
    type Value = TagOnly;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an enum")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<TagOnly, A::Error> {
        let (index, _) = access.variant_seed(Tag)?;
        INDEX.set(index);
        Err(A::Error::custom("nothing more is read"))
    }
}

/// The number of a tag, or `None` for a name.
struct Tag;

impl<'de> DeserializeSeed<'de> for Tag {
    type Value = Option<u64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<u64>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Tag {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_u64<E>(self, index: u64) -> Result<Option<u64>, E> {
        Ok(Some(index))
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Option<u64>, E> {
        Ok(None)
    }
}
