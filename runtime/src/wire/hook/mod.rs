//! Reads messages that may be in an envelope.
//!
//! The hook is a deserializer around the format's, which is passed to the user's `Deserialize`. It reads the tag of
//! the first enum. The reserved tag is an envelope, unless the enum has a variant with that name or number itself.
//! Every other tag is replayed to the user's visitor.
//!
//! It reads in one pass and buffers nothing. Borrowed data stays borrowed, and serde's attributes on the user's type
//! keep their meaning.

mod flattened;
mod found;
mod probe;
mod tag;
mod visitor;

use serde::de::{Deserialize, Deserializer};

#[doc(hidden)]
pub use flattened::with_reserved;
pub use found::Found;
pub(super) use probe::catches_numbers;
pub use probe::{Asks, By, asks, is_reserved, variants};
pub(super) use tag::{Replay, Tag, TagSeed};

use visitor::Hook;

impl Found {
    /// Reads a message, bare or in an envelope.
    ///
    /// # Errors
    ///
    /// Returns the errors of `M` and of the format.
    pub fn read<'de, M, D>(&mut self, deserializer: D) -> Result<M, D::Error>
    where
        M: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        self.is_reserved = Some(is_reserved::<M>);
        M::deserialize(Hook { deserializer, found: self })
    }
}
