//! The mode `sidecar`: one more key in a message that is a map.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use super::carrier::Departing;
use super::codec::{FormatError, departing};
use super::counters::count_unplaced;
use super::error::refused;
use super::hook::read_sidecar;
use super::{Codec, DecodeError, EncodeError, Peek, Phase, RESERVED_NAME};
use crate::Envelope;

/// Another codec with the context in a key `__traced` beside the message's own: for structs, and for enums with
/// `#[serde(tag = "…")]` or `#[serde(untagged)]`.
///
/// A peer without this crate ignores the key, unless its type has `#[serde(deny_unknown_fields)]` or a `flatten`
/// that catches it. Only for a format that writes names and can skip what it does not know; in any other the
/// context would be read as part of the message, so they do not compile:
///
/// ```compile_fail
/// use traced_actor::wire::{Sidecar, codec::Postcard};
///
/// let codec = Sidecar::new(Postcard);     // positions, no names
/// ```
///
/// A message that is no map (a list, a unit of an untagged enum) goes bare and is counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sidecar<C>(C);

impl<C: Codec> Sidecar<C> {
    /// Sidecars for the messages of `codec`.
    #[must_use]
    pub const fn new(codec: C) -> Self {
        const {
            assert!(
                C::NAMED && C::SELF_DESCRIBING,
                "a sidecar is one more named field: this format has no names, or cannot skip what it does not \
                 know; use a frame or headers"
            );
        }
        Self(codec)
    }
}

impl<C: Codec> Codec for Sidecar<C> {
    type Error = C::Error;

    const NAME: &'static str = C::NAME;
    const NAMED: bool = C::NAMED;
    const SELF_DESCRIBING: bool = C::SELF_DESCRIBING;
    const FREE_BYTE: Option<u8> = C::FREE_BYTE;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        self.0.write(value)
    }

    #[inline]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, C::Error> {
        self.0.read(bytes)
    }

    /// Whether the key's name is nowhere in `bytes`. Looks at all of them, about 2 GB/s.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        let name = RESERVED_NAME.as_bytes();
        !bytes.windows(name.len()).any(|window| window == name)
    }

    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        self.is_bare(bytes).then_some(Peek::Bare)
    }

    fn encode<M: Serialize>(&self, envelope: &Envelope<M>, phase: Phase) -> Result<Vec<u8>, EncodeError> {
        let write = || match departing(envelope, phase) {
            None => self.0.write(envelope.message()),
            Some(context) => self.0.write(&Beside { context, message: envelope.message() }),
        };
        write().map_err(|_| EncodeError::explained::<M>(C::NAME, write))
    }

    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<Envelope<M>, DecodeError> {
        let read = if self.is_bare(bytes) {
            self.0.read(bytes).map(Envelope::bare)
        } else {
            self.0.read(bytes).map(|WithSidecar(envelope)| envelope)
        };
        read.map_err(|error| DecodeError::new::<M>(C::NAME, None, error))
    }
}

/// A message with its sidecar, to be read.
struct WithSidecar<M>(Envelope<M>);

impl<'de, M: Deserialize<'de>> Deserialize<'de> for WithSidecar<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (message, carried) = read_sidecar(deserializer)?;
        Ok(Self(Envelope::new(message, carried)))
    }
}

/// A message with its sidecar, to be written.
struct Beside<'a, M> {
    context: Departing<'a>,
    message: &'a M,
}

impl<M: Serialize> Serialize for Beside<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.message.serialize(AddKey { serializer, context: self.context })
    }
}

/// Adds the key to the first map.
struct AddKey<'a, S> {
    serializer: S,
    context: Departing<'a>,
}

/// What is no map goes as it is.
macro_rules! bare {
    ($($method:ident($($argument:ident: $type:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<$ok, S::Error> {
            count_unplaced();
            self.serializer.$method($($argument),*)
        }
    )*};
}

fn is_variant<T, E: serde::ser::Error>() -> Result<T, E> {
    Err(refused(
        "the message is an externally tagged enum: its context needs no sidecar, use the codec as it is",
    ))
}

impl<S: Serializer> Serializer for AddKey<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = S::SerializeSeq;
    type SerializeTuple = S::SerializeTuple;
    type SerializeTupleStruct = S::SerializeTupleStruct;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = S::SerializeMap;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    fn serialize_map(self, len: Option<usize>) -> Result<S::SerializeMap, S::Error> {
        let mut map = self.serializer.serialize_map(len.map(|len| len + 1))?;
        map.serialize_entry(RESERVED_NAME, &self.context)?;
        Ok(map)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<S::SerializeStruct, S::Error> {
        let mut fields = self.serializer.serialize_struct(name, len + 1)?;
        fields.serialize_field(RESERVED_NAME, &self.context)?;
        Ok(fields)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        count_unplaced();
        self.serializer.serialize_some(value)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<S::Ok, S::Error> {
        is_variant()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        is_variant()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        is_variant()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        is_variant()
    }

    bare! {
        serialize_bool(value: bool) -> S::Ok;
        serialize_i8(value: i8) -> S::Ok;
        serialize_i16(value: i16) -> S::Ok;
        serialize_i32(value: i32) -> S::Ok;
        serialize_i64(value: i64) -> S::Ok;
        serialize_u8(value: u8) -> S::Ok;
        serialize_u16(value: u16) -> S::Ok;
        serialize_u32(value: u32) -> S::Ok;
        serialize_u64(value: u64) -> S::Ok;
        serialize_f32(value: f32) -> S::Ok;
        serialize_f64(value: f64) -> S::Ok;
        serialize_char(value: char) -> S::Ok;
        serialize_str(value: &str) -> S::Ok;
        serialize_bytes(value: &[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(name: &'static str) -> S::Ok;
        serialize_seq(len: Option<usize>) -> S::SerializeSeq;
        serialize_tuple(len: usize) -> S::SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> S::SerializeTupleStruct;
    }
}
