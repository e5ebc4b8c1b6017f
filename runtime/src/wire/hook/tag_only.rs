//! Reads the tag of an enum, and stops there.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, EnumAccess, Error as _, Visitor};

use super::TagSeed;

thread_local! {
    /// The number that was read last.
    static INDEX: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Returns the number of the first variant that `read` meets, if the format writes numbers.
///
/// The rest of the input is not read.
pub fn index<E>(read: impl FnOnce() -> Result<TagOnly, E>) -> Option<u64> {
    INDEX.set(None);
    read().err();
    INDEX.take()
}

/// A type whose deserialization stops after the tag, with an error.
#[derive(Debug)]
pub enum TagOnly {}

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
        let (tag, _) = access.variant_seed(TagSeed { names: &[] })?;
        INDEX.set(tag.index());
        Err(A::Error::custom("nothing more is read"))
    }
}
