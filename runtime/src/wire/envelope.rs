//! `Envelope<M>` in serde's data model.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeTupleVariant, Serializer};

use super::carrier::Departing;
use super::hook::Found;
use super::variants::{AsIs, Via};
use super::{RESERVED_INDEX, RESERVED_NAME};
use crate::Envelope;

/// A message about which nobody decided is written bare, with exactly its own bytes. Any other is written as the
/// reserved variant, which only a peer with this crate can read: where that is not certain, encode through a
/// [`Codec`](super::Codec) with the peer's [`Phase`](super::Phase).
///
/// # Errors
///
/// Those of the format and of `M`, and when `M` is no enum as serde derives it by default: such a message has
/// other places for a context ([`Sidecar`](super::Sidecar), [`Frame`](super::Frame),
/// [`headers`](super::headers)).
impl<M: Serialize> Serialize for Envelope<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.carried().is_absent() {
            return self.message().serialize(serializer);
        }
        let mut variant = serializer.serialize_tuple_variant("Envelope", RESERVED_INDEX, RESERVED_NAME, 2)?;
        variant.serialize_field(&Departing(self.carried()))?;
        variant.serialize_field(&Via { value: self.message(), naming: AsIs })?;
        variant.end()
    }
}

/// Reads a message, bare or in an envelope, in one pass and without buffering; what `M` borrows stays borrowed.
///
/// # Errors
///
/// Those of `M` on a bare message. A malformed context is none: it is counted, and the message arrives as if
/// nobody had decided about it.
impl<'de, M: Deserialize<'de>> Deserialize<'de> for Envelope<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Found::default();
        let message = found.read(deserializer)?;
        Ok(Self::new(message, found.carried))
    }
}
