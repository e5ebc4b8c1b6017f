//! The mode `sidecar`: one more key in a message that is a map.

mod key;
mod look;
mod read;
mod written_key;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::codec::{FormatError, encode_or_leave_out};
use crate::counters::{count_unplaced, sent_without_context};
use crate::{Codec, DecodeError, EncodeError, Encoding, Peek, RESERVED_NAME};
use traced_actor::Envelope;
use traced_actor::wire::groups::refuse_methods;
use traced_actor::wire::hook::{Asks, asks};
use traced_actor::wire::kind::{self, ValueKind};
use traced_actor::wire::{WriteContext, refusal, refused};

use look::Sidecars;
pub use read::read_sidecar;
use written_key::{WrittenKey, written_key};

/// Adds the context to a message as a key `__traced` beside the message's own keys.
///
/// Use it for structs, and for enums with `#[serde(tag = "…")]` or `#[serde(untagged)]`.
///
/// A peer without this crate ignores the key, unless its type has `#[serde(deny_unknown_fields)]` or a `flatten` field
/// that catches it. The format must write names and be able to skip unknown keys. In any other format the context would
/// be read as part of the message, so those do not compile:
///
/// ```compile_fail
/// use traced_actor_wire::{Sidecar, codec::Postcard};
///
/// let codec = Sidecar::new(Postcard);     // positions, no names
/// ```
///
/// A message that is not a map (a list, or a unit of an untagged enum) is sent bare and counted. A message whose keys
/// are not texts, or that has a key `__traced` itself, is rejected when it is encoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sidecar<C>(C);

impl<C: Codec> Sidecar<C> {
    /// Creates sidecars for the messages of `codec`.
    #[must_use]
    pub const fn new(codec: C) -> Self {
        const {
            assert!(
                C::NAMED && C::SELF_DESCRIBING,
                "`Sidecar` adds a named field, but this format writes no names or cannot skip unknown fields: \
                 use `Prefixed` or `headers`"
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

    /// Returns whether the key's name does not occur in `bytes`. Searches all of them.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        let name = RESERVED_NAME.as_bytes();
        !bytes.windows(name.len()).any(|window| window == name)
    }

    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        self.is_bare(bytes).then_some(Peek::Bare)
    }

    fn encode<'de, M>(&self, envelope: &Envelope<M>, encoding: Encoding) -> Result<Vec<u8>, EncodeError>
    where
        M: Serialize + Deserialize<'de>,
    {
        let bare = || self.unambiguous::<M>(self.0.write(envelope.message())?);
        let beside = || {
            let without_context = sent_without_context();
            let context = Some(WriteContext(envelope.message_context()));
            let bytes =
                self.0.write(&Beside { context, message: envelope.message(), read_as: PhantomData::<M> })?;
            // A message beside a context was checked while it was written, key by key.
            if without_context == sent_without_context() { Ok(bytes) } else { self.unambiguous::<M>(bytes) }
        };
        encode_or_leave_out(C::NAME, envelope, encoding, bare, beside)
    }

    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<Envelope<M>, DecodeError> {
        let read = match self.place::<M>(bytes) {
            Ok(Place::Nowhere) => self.0.read(bytes).map(Envelope::bare),
            Ok(Place::Beside) => self.0.read(bytes).map(|WithSidecar(envelope)| envelope),
            Err(error) => Err(error),
        };
        read.map_err(|error| DecodeError::new::<M>(C::NAME, None, error))
    }
}

/// The place to search for the context of a message.
enum Place {
    Nowhere,
    /// Among the keys of the message.
    Beside,
}

impl<C: Codec> Sidecar<C> {
    /// Returns the place in `bytes` where the context of an `M` may be. Returns an error if they are not a message of
    /// any type.
    fn place<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<Place, C::Error> {
        if self.is_bare(bytes) {
            return Ok(Place::Nowhere);
        }
        match (asks::<M>(true), asks::<M>(false)) {
            // The hook passes every key to the message's type in the form in which the format gave it, so no search is
            // needed.
            (Asks::Any, Asks::Any) | (Asks::Struct, Asks::Struct) => Ok(Place::Beside),
            (Asks::Enum | Asks::Other, Asks::Enum | Asks::Other) => Ok(Place::Nowhere),
            // The keys of a map may not be texts, and only the format itself knows how to handle those.
            _ => {
                let found: Sidecars = self.0.read(bytes)?;
                Ok(if found.are_read_by::<M>() { Place::Beside } else { Place::Nowhere })
            }
        }
    }

    /// Refuses bytes without a context if they have a key that a reader of an `M` takes for a sidecar.
    fn unambiguous<'de, M: Deserialize<'de>>(&self, bytes: Vec<u8>) -> Result<Vec<u8>, FormatError> {
        let has_sidecar = || self.0.read(&bytes).is_ok_and(|found: Sidecars| found.are_read_by::<M>());
        if !self.is_bare(&bytes) && has_sidecar() { Err(refusal(Reserved)) } else { Ok(bytes) }
    }
}

/// Serializes an envelope like [`Sidecar`]: the message, with its context as one more key.
///
/// For a framework that calls serde itself, with a format that writes names. An absent context leaves the message
/// unchanged. [`read_sidecar`] reads both.
///
/// # Errors
///
/// Returns the errors of `M` and of the format, and an error for a message that has no place for a key, or has a key of
/// that name itself.
pub fn write_sidecar<M, S>(envelope: &Envelope<M>, serializer: S) -> Result<S::Ok, S::Error>
where
    M: Serialize + DeserializeOwned,
    S: Serializer,
{
    let context = Some(envelope.message_context()).filter(|context| !context.is_absent()).map(WriteContext);
    Beside { context, message: envelope.message(), read_as: PhantomData::<M> }.serialize(serializer)
}

/// The reason why a message with the sidecar's key is refused.
struct Reserved;

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the message has a key {RESERVED_NAME} itself, which is reserved for the sidecar: rename it, or use \
             `Prefixed` or `headers` to carry the context"
        )
    }
}

/// A message with its sidecar, for reading.
struct WithSidecar<M>(Envelope<M>);

impl<'de, M: Deserialize<'de>> Deserialize<'de> for WithSidecar<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (message, context) = read_sidecar(deserializer)?;
        Ok(Self(Envelope::new(message, context)))
    }
}

/// A message with its sidecar, or without one, for writing. It must have no such key itself.
struct Beside<'a, M: ?Sized, R> {
    context: Option<WriteContext<'a>>,
    message: &'a M,
    /// The type as which the whole message is read.
    read_as: PhantomData<R>,
}

impl<'de, M: Serialize + ?Sized, R: Deserialize<'de>> Serialize for Beside<'_, M, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { context, message, .. } = *self;
        let human_readable = serializer.is_human_readable();
        match (kind::of(message, human_readable), asks::<R>(human_readable)) {
            (ValueKind::Newtype | ValueKind::Failed, _)
            | (ValueKind::Map, Asks::Any | Asks::Struct | Asks::Map) => {
                message.serialize(AddKey { serializer, context, read_as: self.read_as })
            }
            _ if context.is_none() => message.serialize(serializer),
            (ValueKind::Map, _) => Err(refused(
                "the message is written as a map, but not read as one: only `Prefixed` or `headers` can carry its context",
            )),
            (ValueKind::Variant, Asks::Enum) => Err(refused(
                "the message is an externally tagged enum: its context needs no sidecar, use the codec as it is",
            )),
            (ValueKind::Variant, _) => Err(refused(
                "the message is written as a variant of an externally tagged enum, but not read as one (another of its \
                 variants is untagged, or its `Deserialize` is written by hand): only `Prefixed` or `headers` can carry \
                 its context",
            )),
            (ValueKind::Other, _) => {
                count_unplaced();
                message.serialize(serializer)
            }
        }
    }
}

/// Adds the key to the map within the newtypes around it, if there is a context.
struct AddKey<'a, S, R> {
    serializer: S,
    context: Option<WriteContext<'a>>,
    read_as: PhantomData<R>,
}

/// Refuses a message that was a map in the first pass and is not one now.
fn no_map<T, E: serde::ser::Error>() -> Result<T, E> {
    Err(refused("the message is written as a map at one time and as something else at another"))
}

impl<'de, S: Serializer, R: Deserialize<'de>> Serializer for AddKey<'_, S, R> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeMap = Keys<S::SerializeMap>;
    type SerializeStruct = Fields<S::SerializeStruct>;

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let human_readable = self.serializer.is_human_readable();
        let more = usize::from(self.context.is_some());
        let mut map = self.serializer.serialize_map(len.map(|len| len + more))?;
        if let Some(context) = &self.context {
            map.serialize_entry(RESERVED_NAME, context)?;
        }
        Ok(Keys { map, human_readable, has_sidecar: self.context.is_some() })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        let more = usize::from(self.context.is_some());
        let mut fields = self.serializer.serialize_struct(name, len + more)?;
        if let Some(context) = &self.context {
            fields.serialize_field(RESERVED_NAME, context)?;
        }
        Ok(Fields(fields))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let within = Beside { context: self.context, message: value, read_as: self.read_as };
        self.serializer.serialize_newtype_struct(name, &within)
    }

    refuse_methods!(no_map() => scalars texts unit_struct seq tuple_struct unit_variant variants);
}

/// A map without the sidecar's key. With a sidecar, its keys are texts, so that the sidecar's text can be one more key.
///
/// Formats treat other keys differently. For example, JSON writes a number as a text, and only its own map knows that
/// it was a number.
struct Keys<M> {
    map: M,
    human_readable: bool,
    has_sidecar: bool,
}

impl<M: SerializeMap> SerializeMap for Keys<M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), M::Error> {
        match written_key(key, self.human_readable) {
            WrittenKey::Reserved => Err(refused(Reserved)),
            WrittenKey::Other if self.has_sidecar => Err(refused(
                "the message is a map whose keys are not texts, so a sidecar has no place in it: only `Prefixed` or \
                 `headers` can carry its context",
            )),
            WrittenKey::Text | WrittenKey::Other | WrittenKey::Failed => self.map.serialize_key(key),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), M::Error> {
        self.map.serialize_value(value)
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.map.end()
    }
}

/// The fields of a struct, none of which has the sidecar's name.
struct Fields<F>(F);

impl<F: SerializeStruct> SerializeStruct for Fields<F> {
    type Ok = F::Ok;
    type Error = F::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), F::Error> {
        if key == RESERVED_NAME {
            return Err(refused(Reserved));
        }
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), F::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<F::Ok, F::Error> {
        self.0.end()
    }
}
