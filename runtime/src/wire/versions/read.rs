//! Reads a message in a current or a retired shape.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::table::check;
use super::{Content, Upgrade, Versions, tally};
use crate::wire::hook::{Replay, Tag, TagSeed};

/// Deserializes an enum with fixed numbers or retired shapes.
///
/// # Errors
///
/// Returns the errors of the format and of serde's derive.
pub fn deserialize<'de, M: Upgrade<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<M, D::Error> {
    const { check(M::NAMES, M::CURRENT, M::RETIRED) }
    let human_readable = deserializer.is_human_readable();
    deserializer.deserialize_enum(M::NAME, M::NAMES, Read { human_readable, message: PhantomData })
}

struct Read<M> {
    human_readable: bool,
    message: PhantomData<M>,
}

impl<'de, M: Upgrade<'de>> Visitor<'de> for Read<M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enum {}", M::NAME)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<M, A::Error> {
        let (tag, content) = access.variant_seed(TagSeed { names: M::NAMES })?;
        let human_readable = self.human_readable;
        match retired::<M>(&tag) {
            Some(retired) => {
                let message = M::upgrade(retired, Content::new(content, human_readable))?;
                tally::count();
                Ok(message)
            }
            None => M::deserialize_current(CurrentReader { tag: today::<M>(tag), content, human_readable }),
        }
    }
}

/// Returns the retired shape with this tag.
fn retired<M: Versions>(tag: &Tag<'_>) -> Option<usize> {
    let (index, name) = (tag.index(), tag.name());
    M::RETIRED.iter().position(|retired| {
        (index.is_some() && retired.index.map(u64::from) == index)
            || (name.is_some() && retired.name.map(str::as_bytes) == name)
    })
}

/// Returns the tag by which serde's derive knows the variant that `tag` means on the wire.
///
/// A number that no variant has becomes one that no enum can have, so that the derive reports it as unknown.
fn today<M: Versions>(tag: Tag<'_>) -> Tag<'_> {
    // The derive knows its own names.
    let Some(wanted) = tag.index() else { return tag };
    // The derive numbers the variants that it reads.
    let mut read = M::CURRENT.iter().filter(|variant| variant.read);
    let place = read.position(|variant| variant.index.map(u64::from) == Some(wanted));
    Tag::U64(place.map_or(u64::MAX, |place| place as u64))
}

/// A current variant whose tag was read and translated.
struct CurrentReader<'de, A> {
    tag: Tag<'de>,
    content: A,
    human_readable: bool,
}

impl<'de, A: VariantAccess<'de>> Deserializer<'de> for CurrentReader<'de, A> {
    type Error = A::Error;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(Replay { tag: self.tag, content: self.content })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
