//! Reads and writes older shapes of a protocol's variants.
//!
//! A message type with fixed numbers can read messages that it wrote in earlier versions, in every format, and with
//! or without an envelope. [`#[traced_actor]`](macro@crate::traced_actor) generates implementations of the traits in
//! this module from the options `index`, `since` and `legacy`.
//! [`traced-actor-wire`](https://docs.rs/traced-actor-wire) has an example with a format.
//!
//! **Numbers** are never reused. When the content of a variant changes, the variant gets a new number, and `legacy`
//! describes the old shape.
//!
//! **Schemas** count the versions of a protocol. Mark a variant or shape that was added later with `since`, and one
//! that was removed with `until`. A variant without `since` is expected to be known to the oldest peers. For a peer
//! whose schema is known, write [`Envelope::at_schema`](crate::Envelope::at_schema).
//!
//! **Text formats** have names for fields and variants, so a field with `#[serde(default)]` or an `alias` is often
//! enough. A shape that kept its name then needs only an `index`.
//!
//! Two variants under `#[cfg]` may share a number, as long as only one of them is compiled.

mod content;
mod older;
mod read;
mod table;
mod tally;
mod write;

use serde::de::{Deserializer, VariantAccess};
use serde::ser::Serializer;

pub use table::{CurrentVariant, RetiredVariant, Schema};
pub use tally::conversions;
pub use write::AtSchema;
// Used by generated code only.
#[doc(hidden)]
pub use {
    content::Content, content::Upgraded, older::Older, older::Written, read::deserialize, write::serialize,
};

/// An enum whose variants have fixed numbers and names on the wire.
pub trait Versions: Sized {
    /// The name of the enum.
    const NAME: &'static str;

    /// The names of the current variants on the wire, in the order of their declaration.
    const NAMES: &'static [&'static str];

    /// The numbers of these variants.
    const CURRENT: &'static [CurrentVariant];

    /// The retired shapes, the oldest first.
    const RETIRED: &'static [RetiredVariant];
}

/// An enum that can be written in current and retired shapes.
pub trait Downgrade: Versions {
    /// Writes the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Returns the errors of the serializer.
    fn serialize_current<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Writes the message in the retired shape at this index in [`RETIRED`](Versions::RETIRED), or
    /// [leaves](Older::leave) it.
    fn downgrade<S: Serializer>(&self, retired: usize, older: Older<S>) -> Written<S> {
        let _ = retired;
        older.leave()
    }
}

/// An enum that can be read from current and retired shapes.
pub trait Upgrade<'de>: Versions {
    /// Reads the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Returns the errors of the deserializer.
    fn deserialize_current<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads the retired shape at this index in [`RETIRED`](Versions::RETIRED), and upgrades it.
    ///
    /// # Errors
    ///
    /// Returns the errors of the format and of the shape's `upgrade`.
    fn upgrade<A: VariantAccess<'de>>(retired: usize, content: Content<A>) -> Result<Self, A::Error> {
        let _ = retired;
        content.none()
    }
}

/// Returns the schema of this program: the highest one that an entry of `M` names.
pub const fn schema<M: Versions>() -> Schema {
    table::schema(M::CURRENT, M::RETIRED)
}
