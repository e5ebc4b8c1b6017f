//! A deserializer around the format's, handed to the user's own `Deserialize`: it reads the tag of the first enum,
//! and takes the reserved one for an envelope, unless the enum has a variant of that name or number itself. Every other tag is replayed to the user's visitor.
//!
//! One pass, nothing buffered: borrowed data stays borrowed, and serde's attributes on the user's type mean what
//! they always did.

mod forward;
mod key;
mod look;
mod map;
mod probe;
mod tag;
mod tag_only;
mod visitor;

use serde::de::{Deserialize, Deserializer, Visitor};

use forward::forward_methods;

pub use look::Sidecars;
pub use map::read_sidecar;
pub use probe::{Asks, By, asks, is_reserved, variants};
pub(super) use tag::{Replay, Tag, TagSeed};
pub use tag_only::{TagOnly, index};

use super::Expected;
use crate::context::Carried;

/// What was found around a message.
#[derive(Debug, Default)]
pub struct Found {
    /// Absent for a bare message.
    pub carried: Carried,
    /// For errors: the enum that was read.
    pub expected: Option<Expected>,
    /// Whether the reserved variant is an envelope, and no variant of the message's own. Asked when one is met.
    is_reserved: Option<fn(bool, By) -> bool>,
}

impl Found {
    /// Reads a message, bare or in an envelope.
    ///
    /// # Errors
    ///
    /// Those of `M` and of the format.
    pub fn read<'de, M, D>(&mut self, deserializer: D) -> Result<M, D::Error>
    where
        M: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        self.is_reserved = Some(is_reserved::<M>);
        M::deserialize(Hook { deserializer, found: self })
    }
}

/// The deserializer around the format's.
struct Hook<'f, D> {
    deserializer: D,
    found: &'f mut Found,
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
        let hooked = visitor::Enum { visitor, found: self.found, name, variants, human_readable };
        self.deserializer.deserialize_enum(name, variants, hooked)
    }

    /// A newtype around the enum has no bytes of its own.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let hooked = visitor::Newtype { visitor, found: self.found };
        self.deserializer.deserialize_newtype_struct(name, hooked)
    }

    forward_methods!(any scalars containers map);
}
