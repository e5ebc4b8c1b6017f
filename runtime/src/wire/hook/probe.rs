//! Finds out how a message type is read, by running its `Deserialize` without input.
//!
//! An envelope adds a variant, or a key, around the message that the type itself asks for. So only a type that asks for
//! an enum without the reserved variant can be in an envelope, and only a type that asks for a map can have the
//! additional key. The cost is small if the `Deserialize` can be inlined, as a derived one can.

use std::cell::Cell;

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};

use crate::wire::stopped::Stopped;
use crate::wire::{RESERVED_INDEX, RESERVED_NAME};

/// The first request of a type to a deserializer, within newtypes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// An enum, as serde derives it.
    Enum,
    /// Any value, as an untagged enum or a type with an untagged variant asks for.
    Any,
    /// A struct, whose keys are the names of its fields.
    Struct,
    /// A map, whose keys may be of any type.
    Map,
    /// Any other request.
    Other,
}

/// Returns the first request of `M`.
#[inline]
pub fn asks<'de, M: Deserialize<'de>>(human_readable: bool) -> Asks {
    run::<M>(human_readable, None, None)
}

/// Returns the first request of `M`, whatever its `Deserialize` makes of the error that ends it.
#[inline]
fn run<'de, M: Deserialize<'de>>(
    human_readable: bool,
    tag: Option<Tag<'_>>,
    variants: Option<&Cell<Option<&'static [&'static str]>>>,
) -> Asks {
    let asked = Cell::new(Asks::Other);
    match M::deserialize(Probe { human_readable, tag, variants, asked: &asked }) {
        Err(Stopped) => asked.get(),
        Ok(_) => Asks::Other,
    }
}

/// Returns the names of the variants of `M`, if it is an enum.
#[cold]
pub fn variants<'de, M: Deserialize<'de>>(human_readable: bool) -> Option<&'static [&'static str]> {
    let variants = Cell::new(None);
    run::<M>(human_readable, None, Some(&variants));
    variants.get()
}

/// Returns whether the reserved variant is an envelope when an `M` is read.
///
/// It is, if `M` is an enum without a variant of the reserved number (or name).
#[inline]
pub fn is_reserved<'de, M: Deserialize<'de>>(human_readable: bool, by: By) -> bool {
    let (asks, taken) = takes::<M>(human_readable, by, false);
    asks == Asks::Enum && !(taken && is_own::<M>(human_readable, by))
}

/// Returns whether an `M` is read from any number in a binary format, and the reserved one is an envelope's.
#[inline]
pub(in crate::wire) fn catches_numbers<'de, M: Deserialize<'de>>() -> bool {
    takes::<M>(false, By::Index, true).1 && is_reserved::<M>(false, By::Index)
}

/// The form in which a format writes the tag of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A number.
    Index,
    /// A name.
    Name,
}

/// Returns whether the reserved tag belongs to a variant of the type, and not to a catch-all for unknown ones.
#[cold]
fn is_own<'de, M: Deserialize<'de>>(human_readable: bool, by: By) -> bool {
    let (_, catches_all) = takes::<M>(human_readable, by, true);
    if !catches_all {
        return true;
    }
    let listed = Cell::new(false);
    let tag = Tag { by, unknown: false, taken: &Cell::new(false), listed: Some(&listed) };
    run::<M>(human_readable, Some(tag), None);
    listed.get()
}

/// Returns what `M` asks for, and whether its enum accepts the reserved tag (or a tag that no enum has).
#[inline]
fn takes<'de, M: Deserialize<'de>>(human_readable: bool, by: By, unknown: bool) -> (Asks, bool) {
    let taken = Cell::new(false);
    let tag = Tag { by, unknown, taken: &taken, listed: None };
    (run::<M>(human_readable, Some(tag), None), taken.get())
}

/// The enum name that `ciborium` takes for a CBOR tag.
const TAG_OF_CBOR: &str = "@@TAG@@";

/// A deserializer without input, which may have a tag.
struct Probe<'t> {
    human_readable: bool,
    tag: Option<Tag<'t>>,
    variants: Option<&'t Cell<Option<&'static [&'static str]>>>,
    asked: &'t Cell<Asks>,
}

impl Probe<'_> {
    /// Ends the deserialization, which has made its first request.
    #[inline]
    fn end<T>(self, asks: Asks) -> Result<T, Stopped> {
        self.asked.set(asks);
        Err(Stopped)
    }
}

/// The tag of an enum.
#[derive(Clone, Copy)]
struct Tag<'t> {
    by: By,
    /// Whether to offer a tag that no enum has, instead of the reserved one.
    unknown: bool,
    /// Whether the enum accepted the tag.
    taken: &'t Cell<bool>,
    /// Whether the tag is among the variants that the enum lists.
    listed: Option<&'t Cell<bool>>,
}

/// Defines the methods of requests for neither an enum nor a map.
macro_rules! others {
    ($($method:ident($($type:ty),*))*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* _: V) -> Result<V::Value, Stopped> {
            self.end(Asks::Other)
        }
    )*};
}
impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Stopped;

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        if name == TAG_OF_CBOR {
            return self.end(Asks::Other);
        }
        if let Some(listed) = self.variants {
            listed.set(Some(variants));
        }
        if let Some(tag) = self.tag {
            if let Some(listed) = tag.listed {
                listed.set(match tag.by {
                    By::Index => variants.len() > RESERVED_INDEX as usize,
                    By::Name => variants.contains(&RESERVED_NAME),
                });
            }
            visitor.visit_enum(tag).err();
        }
        self.end(Asks::Enum)
    }

    /// Deserializes a newtype around the enum, which has no bytes of its own.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stopped> {
        self.end(Asks::Map)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stopped> {
        self.end(Asks::Struct)
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stopped> {
        self.end(Asks::Any)
    }

    others! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf() deserialize_option() deserialize_unit()
        deserialize_unit_struct(&'static str) deserialize_seq() deserialize_tuple(usize)
        deserialize_tuple_struct(&'static str, usize) deserialize_identifier() deserialize_ignored_any()
    }
}

impl<'de> EnumAccess<'de> for Tag<'_> {
    type Error = Stopped;
    type Variant = Nothing;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Nothing), Stopped> {
        let read = match (self.by, self.unknown) {
            (By::Index, false) => seed.deserialize(RESERVED_INDEX.into_deserializer()),
            (By::Index, true) => seed.deserialize(u32::MAX.into_deserializer()),
            (By::Name, unknown) => {
                let name = if unknown { "" } else { RESERVED_NAME };
                let text: StrDeserializer<'_, Stopped> = name.into_deserializer();
                seed.deserialize(text)
            }
        };
        self.taken.set(read.is_ok());
        // There is no content, so this is the end.
        Err(Stopped)
    }
}

/// The content of a variant that is never reached.
enum Nothing {}

impl<'de> VariantAccess<'de> for Nothing {
    type Error = Stopped;

    fn unit_variant(self) -> Result<(), Stopped> {
        match self {}
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Stopped> {
        match self {}
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Stopped> {
        match self {}
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Stopped> {
        match self {}
    }
}
