//! A deserializer around the format's, handed to the user's own `Deserialize`: it reads the tag of the first enum,
//! and takes the reserved one for an envelope, unless the enum has a variant of that name or number itself. Every other tag is replayed to the user's visitor.
//!
//! One pass, nothing buffered: borrowed data stays borrowed, and serde's attributes on the user's type mean what
//! they always did.

mod forward;
mod found;
mod key;
mod look;
mod map;
mod probe;
mod tag;
mod tag_only;
mod visitor;

use serde::de::{Deserialize, Deserializer};

pub use found::Found;
pub use look::Sidecars;
pub use map::read_sidecar;
pub use probe::{Asks, By, asks, is_reserved, variants};
pub(super) use tag::{Replay, Tag, TagSeed};
pub use tag_only::{TagOnly, index};

use visitor::Hook;

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
