//! Older shapes of a protocol: what its variants were called and looked like, read into today's, and written for
//! peers that know no other.
//!
//! A message type that implements [`Shapes`] and [`Upgrade`], and serde's traits by [`serialize`] and
//! [`deserialize`], reads what it wrote years ago, in every format and at every place, in an envelope or not.
//!
//! The impls name things and forward; `tests/wire/evolved.rs` of the repository has them for a protocol of three
//! versions. They are written by hand: `#[traced_actor]` does not generate them yet.

mod content;
mod read;
mod table;
mod write;

use serde::de::{Deserializer, VariantAccess};
use serde::ser::Serializer;

pub use content::Content;
pub use read::deserialize;
pub use table::{Retired, Variant};
pub use write::{AsOf, Older, Written, serialize};

/// The number of a version of a protocol, counted up by its authors; 0 is the first.
pub type Schema = u32;

/// An enum whose variants have numbers and names of their own on the wire.
pub trait Shapes: Sized {
    /// The enum's name.
    const NAME: &'static str;

    /// The names of today's variants, for errors.
    const NAMES: &'static [&'static str];

    /// Today's variants, in the order of their declaration.
    const TODAY: &'static [Variant];

    /// The shapes that are no more, the oldest first.
    const RETIRED: &'static [Retired];

    /// Writes the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    fn serialize_today<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Writes the message in the retired shape of this place in [`RETIRED`](Self::RETIRED), or
    /// [leaves](Older::leave) it.
    fn downgrade<S: Serializer>(&self, retired: usize, older: Older<S>) -> Written<S> {
        let _ = retired;
        older.leave()
    }
}

/// Reads what [`Shapes`] describes.
pub trait Upgrade<'de>: Shapes {
    /// Reads the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Those of the deserializer.
    fn deserialize_today<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads the retired shape of this place in [`RETIRED`](Shapes::RETIRED) into today's.
    ///
    /// # Errors
    ///
    /// Those of the format.
    fn upgrade<A: VariantAccess<'de>>(retired: usize, content: Content<A>) -> Result<Self, A::Error>;
}

/// The schema of this program: the highest number that an entry of `M` names.
pub const fn schema<M: Shapes>() -> Schema {
    table::schema(M::TODAY, M::RETIRED)
}
