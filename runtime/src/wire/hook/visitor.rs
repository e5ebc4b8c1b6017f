//! The deserializer around the format's, and the visitors around the user's.
//!
//! The visitors are those of the enum, of a newtype around it, and of the envelope's two elements.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, SeqAccess, VariantAccess, Visitor};

use super::{By, Found, Replay, TagSeed, with_reserved};
use crate::wire::Expected;
use crate::wire::carrier::{ReadContext, ReadContextSeed};
use crate::wire::groups::{forward_methods, forward_visits};

/// The deserializer around the format's.
pub(super) struct Hook<'f, D> {
    pub(super) deserializer: D,
    pub(super) found: &'f mut Found,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Hook<'_, D> {
    type Error = D::Error;

    fn is_human_readable(&self) -> bool {
        self.deserializer.is_human_readable()
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.found.expected = Some(Expected { variants, index: None });
        let human_readable = self.deserializer.is_human_readable();
        let hooked = Enum { visitor, found: self.found, name, variants, human_readable };
        self.deserializer.deserialize_enum(name, with_reserved::<D>(variants), hooked)
    }

    /// Deserializes a newtype around the enum, which has no bytes of its own.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let hooked = Newtype { visitor, found: self.found };
        self.deserializer.deserialize_newtype_struct(name, hooked)
    }

    forward_methods!(any scalars containers map);
}

/// The visitor around that of the user's enum.
struct Enum<'f, V> {
    visitor: V,
    found: &'f mut Found,
    name: &'static str,
    variants: &'static [&'static str],
    human_readable: bool,
}

/// The visitor around that of a newtype.
struct Newtype<'f, V> {
    visitor: V,
    found: &'f mut Found,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Enum<'_, V> {
    type Value = V::Value;

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self { visitor, found, name, variants, human_readable } = self;
        let (tag, content) = access.variant_seed(TagSeed { names: variants })?;
        let by = if tag.index().is_some() { By::Index } else { By::Name };
        if tag.is_reserved() && found.is_reserved.is_none_or(|is_reserved| is_reserved(human_readable, by)) {
            // A format that writes names is self-describing.
            let self_describing = by == By::Name;
            content.tuple_variant(2, Envelope { visitor, found, name, variants, self_describing })
        } else {
            if let Some(expected) = &mut found.expected {
                expected.index = tag.index();
            }
            visitor.visit_enum(Replay { tag, content })
        }
    }

    forward_visits!(plain newtype seq map);
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Newtype<'_, V> {
    type Value = V::Value;

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Hook { deserializer, found: self.found })
    }

    forward_visits!(plain seq map enum);
}

/// The elements of an envelope: a context, and a message for the user's visitor.
struct Envelope<'f, V> {
    visitor: V,
    found: &'f mut Found,
    name: &'static str,
    variants: &'static [&'static str],
    self_describing: bool,
}

const ELEMENTS: &str = "an envelope of a trace context and a message";

impl<'de, V: Visitor<'de>> Visitor<'de> for Envelope<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ELEMENTS)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<V::Value, A::Error> {
        let missing = |element| <A::Error as de::Error>::invalid_length(element, &ELEMENTS);
        let seed = ReadContextSeed { self_describing: self.self_describing };
        let ReadContext(context) = seq.next_element_seed(seed)?.ok_or_else(|| missing(0))?;
        (self.found.context, self.found.enveloped) = (context, true);
        let inner = Inner { visitor: self.visitor, name: self.name, variants: self.variants };
        seq.next_element_seed(inner)?.ok_or_else(|| missing(1))
    }
}

/// The message in an envelope. An envelope within an envelope is an unknown variant.
struct Inner<V> {
    visitor: V,
    name: &'static str,
    variants: &'static [&'static str],
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Inner<V> {
    type Value = V::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let Self { visitor, name, variants } = self;
        deserializer.deserialize_enum(name, variants, Replayed { visitor, variants })
    }
}

/// Replays the tag even though it belongs to the message.
///
/// So a message that is read through the hook takes the same code path, in an envelope or not. Code that reads plain
/// messages is separate, so that it can be inlined.
struct Replayed<V> {
    visitor: V,
    variants: &'static [&'static str],
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Replayed<V> {
    type Value = V::Value;

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let (tag, content) = access.variant_seed(TagSeed { names: self.variants })?;
        self.visitor.visit_enum(Replay { tag, content })
    }

    forward_visits!(plain newtype seq map);
}
