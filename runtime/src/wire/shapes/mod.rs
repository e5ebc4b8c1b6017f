//! Older shapes of a protocol: what its variants were called and looked like, read into today's, and written for
//! peers that know no other.
//!
//! A message type with pinned numbers reads what it wrote years ago, in every format and at every place, in an
//! envelope or not. [`#[traced_actor]`](macro@crate::traced_actor) takes them from the options `index`, `since` and
//! `legacy`, and generates what is here:
//!
//! ```
//! # #[cfg(feature = "json")] {
//! use serde::{Deserialize, Serialize};
//! use traced_actor::traced_actor;
//! use traced_actor::wire::{Codec, codec::Json, shapes::AsOf};
//!
//! // Schema 0 was `enum Message { Join { user: u64 }, Leave, Tick }`.
//! #[traced_actor]
//! #[derive(Serialize, Deserialize, Debug, PartialEq)]
//! #[traced(legacy(JoinV1, name = "Join", index = 0, downgrade = JoinV1::of))]
//! #[traced(legacy(LeaveV1, name = "Leave", index = 1))]
//! enum Message {
//!     #[traced(index = 3, since = 1)]
//!     Enter { user: u64, region: String },
//!     #[traced(index = 2)]
//!     Tick,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct JoinV1 {
//!     user: u64,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct LeaveV1;
//!
//! impl From<JoinV1> for Message {
//!     fn from(old: JoinV1) -> Self {
//!         Self::Enter { user: old.user, region: "eu".into() }
//!     }
//! }
//!
//! impl From<LeaveV1> for Message {
//!     fn from(LeaveV1: LeaveV1) -> Self {
//!         Self::Tick
//!     }
//! }
//!
//! impl JoinV1 {
//!     fn of(message: &Message) -> Option<Self> {
//!         match message {
//!             Message::Enter { user, .. } => Some(Self { user: *user }),
//!             Message::Tick => None,
//!         }
//!     }
//! }
//!
//! let enter = Message::Enter { user: 7, region: "eu".into() };
//! assert_eq!(Json.read::<Message>(br#"{"Join":{"user":7}}"#).unwrap(), enter);
//! assert_eq!(Json.write(&AsOf::new(&enter, 0)).unwrap(), br#"{"Join":{"user":7}}"#);
//! assert_eq!(Json.write(&enter).unwrap(), br#"{"Enter":{"user":7,"region":"eu"}}"#);
//! # }
//! ```
//!
//! **Numbers** are for good: one that a variant or a retired shape ever had means nothing else, so a variant whose
//! content changes gets a new one, and the old shape is named by `legacy`.
//!
//! **Schemas** count the releases of a protocol that changed it. What came later than the first says `since`, what was
//! taken out says `until`, variant or shape; a peer whose schema is known is written to by
//! [`Envelope::as_of`](crate::Envelope::as_of). What has no `since` is taken for known to the oldest peers.
//!
//! **In text formats** a field with `#[serde(default)]`, or an `alias`, is often enough, since fields and variants have
//! names there; a shape that kept its name is then named by its `index` alone.
//!
//! Two `#[cfg]`s of one enum may share a number, as long as only one of them is there:
//!
//! ```compile_fail
//! # use serde::{Deserialize, Serialize};
//! # use traced_actor::{traced_actor, wire::{Codec, codec::Json}};
//! #[traced_actor]
//! #[derive(Serialize, Deserialize)]
//! enum Message {
//!     #[cfg(all())]
//!     #[traced(index = 1)]
//!     Join { user: u64 },
//!     #[cfg(all())]       // `not(all())` compiles
//!     #[traced(index = 1)]
//!     Enter { user: u64 },
//! }
//!
//! Json.write(&Message::Join { user: 7 });
//! ```

mod content;
mod read;
mod table;
mod tally;
mod write;

use serde::de::{Deserializer, VariantAccess};
use serde::ser::Serializer;

pub use content::{Content, Upgraded};
pub use read::deserialize;
pub use table::{Retired, Variant};
pub(in crate::wire) use tally::Conversions;
pub use write::{AsOf, Older, Written, serialize};

/// The number of a version of a protocol, counted up by its authors; 0 is the first.
pub type Schema = u32;

/// An enum whose variants have numbers and names of their own on the wire.
pub trait Shapes: Sized {
    /// The enum's name.
    const NAME: &'static str;

    /// The names of today's variants on the wire, in the order of their declaration.
    const NAMES: &'static [&'static str];

    /// The same variants' numbers.
    const TODAY: &'static [Variant];

    /// The shapes that are no more, the oldest first.
    const RETIRED: &'static [Retired];
}

/// Writes what [`Shapes`] describes.
pub trait Downgrade: Shapes {
    /// Writes the message as serde's derive does.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    fn serialize_today<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Writes the message in the retired shape of this place in [`RETIRED`](Shapes::RETIRED), or
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
    /// Those of the format, and what the shape's `upgrade` says.
    fn upgrade<A: VariantAccess<'de>>(retired: usize, content: Content<A>) -> Result<Self, A::Error> {
        let _ = retired;
        content.none()
    }
}

/// The schema of this program: the highest number that an entry of `M` names.
pub const fn schema<M: Shapes>() -> Schema {
    table::schema(M::TODAY, M::RETIRED)
}
