//! Older shapes of a protocol: what its variants were called and looked like, read into today's, and written for
//! peers that know no other.
//!
//! A message type with pinned numbers reads what it wrote years ago, in every format and at every place, in an
//! envelope or not. [`#[traced_actor]`](macro@crate::traced_actor) takes them from the options `index`, `since` and
//! `legacy`, and generates what is here.
//! [`traced-actor-wire`](https://docs.rs/traced-actor-wire) shows it with a format.
//!
//! **Numbers** are for good: one that a variant or a retired shape ever had means nothing else, so a variant whose
//! content changes gets a new one, and the old shape is named by `legacy`.
//!
//! **Schemas** count the releases of a protocol that changed it. What came later than the first says `since`, what was
//! taken out says `until`, variant or shape; a peer whose schema is known is written to by
//! [`Envelope::at_schema`](crate::Envelope::at_schema). What has no `since` is taken for known to the oldest peers.
//!
//! **In text formats** a field with `#[serde(default)]`, or an `alias`, is often enough, since fields and variants have
//! names there; a shape that kept its name is then named by its `index` alone.
//!
//! Two `#[cfg]`s of one enum may share a number, as long as only one of them is there.

mod content;
mod older;
mod read;
mod table;
mod tally;
mod write;

use serde::de::{Deserializer, VariantAccess};
use serde::ser::Serializer;

pub use content::{Content, Upgraded};
pub use older::{Older, Written};
pub use read::deserialize;
pub use table::{CurrentVariant, RetiredVariant, Schema};
pub use tally::Conversions;
pub use write::{AtSchema, serialize};

/// An enum whose variants have numbers and names of their own on the wire.
pub trait Versions: Sized {
    /// The enum's name.
    const NAME: &'static str;

    /// The names of today's variants on the wire, in the order of their declaration.
    const NAMES: &'static [&'static str];

    /// The same variants' numbers.
    const CURRENT: &'static [CurrentVariant];

    /// The shapes that are no more, the oldest first.
    const RETIRED: &'static [RetiredVariant];
}

/// Writes what [`Versions`] describes.
pub trait Downgrade: Versions {
    /// Writes the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    fn serialize_current<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Writes the message in the retired shape of this place in [`RETIRED`](Versions::RETIRED), or
    /// [leaves](Older::leave) it.
    fn downgrade<S: Serializer>(&self, retired: usize, older: Older<S>) -> Written<S> {
        let _ = retired;
        older.leave()
    }
}

/// Reads what [`Versions`] describes.
pub trait Upgrade<'de>: Versions {
    /// Reads the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Those of the deserializer.
    fn deserialize_current<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads the retired shape of this place in [`RETIRED`](Versions::RETIRED) into today's.
    ///
    /// # Errors
    ///
    /// Those of the format, and what the shape's `upgrade` says.
    fn upgrade<A: VariantAccess<'de>>(retired: usize, content: Content<A>) -> Result<Self, A::Error> {
        let _ = retired;
        content.none()
    }
}

/// The schema of this program: the highest number that an entry of `M` names.
pub const fn schema<M: Versions>() -> Schema {
    table::schema(M::CURRENT, M::RETIRED)
}
