//! `Envelope<M>` in serde's data model.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::carrier::WriteContext;
use super::hook::{Asks, By, Found, asks, catches_numbers, is_reserved};
use super::refused;
use super::variants::{InEnvelope, Naming, number_of};
use super::{RESERVED_INDEX, RESERVED_NAME};
use crate::Envelope;

/// Writes the message, with its context if there is one.
///
/// If the context is absent, the message is written bare, exactly like the message itself. Otherwise it is written as
/// the reserved variant, which only a peer with this crate can read. If that is not certain, use a codec of
/// `traced-actor-wire` with the encoding for the peer.
///
/// An envelope nests its message two levels deeper. The codecs of that crate allow for that. A format that is used
/// directly, such as `serde_json::from_slice`, counts these levels against its own limit.
///
/// # Errors
///
/// Returns the errors of the format and of `M`. Also returns an error if an envelope of an `M` could not be read, or
/// would be misread. `M` must be written and read like an enum with serde's default derive. The following types are
/// not:
///
/// * An enum with `#[serde(tag)]` or `untagged`, also on a single variant. Its messages are read as any value.
/// * A type with a manual `Deserialize` that asks for any value, an `Option`, a struct or a map.
/// * An enum with a variant named `__traced`, or with more than 127 variants in binary formats.
///
/// For such messages, the crate `traced-actor-wire` has other places for a context: `Sidecar`, `Prefixed` and
/// `headers`. Its `probe` asserts for a type and a mode that written messages can be read.
impl<'de, M: Serialize + Deserialize<'de>> Serialize for Envelope<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.message_context().is_absent() {
            return Bare(self.message()).serialize(serializer);
        }
        let human_readable = serializer.is_human_readable();
        if !has_place::<M>(human_readable) {
            return no_place::<M, _, _>(human_readable);
        }
        InEnvelope(WriteContext(self.message_context())).write(self.message(), serializer)
    }
}

/// Writes a message with the same bytes as without this crate.
///
/// # Errors
///
/// Returns the errors of the format and of `M`. Also returns an error if the message would be taken for an envelope:
/// in a binary format, a variant with the reserved number, of an enum that accepts any number.
#[derive(Debug)]
pub struct Bare<'a, M>(pub &'a M);

impl<'de, M: Serialize + Deserialize<'de>> Serialize for Bare<'_, M> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // For most enums with serde's derive, the compiler finds out that they accept no other number.
        if !serializer.is_human_readable()
            && catches_numbers::<M>()
            && number_of(self.0) == Some(RESERVED_INDEX)
        {
            return Err(refused(format_args!(
                "the message is variant {RESERVED_INDEX} of an enum that accepts any number, and this number is reserved \
                 for the envelope: a reader would take the message for one. Use another number, or a format with names, \
                 or carry contexts in `headers` and encode messages with the format itself"
            )));
        }
        self.0.serialize(serializer)
    }
}

/// Returns whether the readers of an `M` recognize an envelope of it. A binary format may write names or numbers.
#[inline]
fn has_place<'de, M: Deserialize<'de>>(human_readable: bool) -> bool {
    is_reserved::<M>(human_readable, By::Name)
        && (human_readable || is_reserved::<M>(human_readable, By::Index))
}

#[cold]
fn no_place<'de, M: Deserialize<'de>, T, E: serde::ser::Error>(human_readable: bool) -> Result<T, E> {
    Err(match asks::<M>(human_readable) {
        Asks::Enum => refused(format_args!(
            "the enum has a variant named {RESERVED_NAME}, or one numbered {RESERVED_INDEX}: both are reserved for the \
             envelope. Rename it, or move some variants into another enum so that at most {RESERVED_INDEX} are left, \
             or use `Prefixed` or `headers` to carry the context"
        )),
        Asks::Any => refused(
            "the message is read as whatever there is, not as an externally tagged enum (an untagged variant or enum, a \
             tag within, or a `Deserialize` by hand), so its envelope would be taken for a message: only `Sidecar`, \
             `Prefixed` or `headers` can carry its context",
        ),
        Asks::Struct | Asks::Map | Asks::Other => refused(
            "the message is not read as an externally tagged enum: only `Sidecar`, `Prefixed` or `headers` can carry \
             its context",
        ),
    })
}

/// Reads a message, bare or in an envelope, in one pass and without buffering. Borrowed data of `M` stays borrowed.
///
/// # Errors
///
/// Returns the errors of `M` on a bare message. A malformed context is not an error. It is counted, and the message
/// arrives as if no sampling decision had been made.
impl<'de, M: Deserialize<'de>> Deserialize<'de> for Envelope<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Found::default();
        let message = found.read(deserializer)?;
        Ok(Self::new(message, found.context))
    }
}
