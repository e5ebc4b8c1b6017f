//! Formats: one type each, behind a feature of its name.
#![allow(
    clippy::inline_always,
    reason = "measured: each call that is not inlined moves the message once more, 5 ns for 40 bytes"
)]

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "bincode1")]
mod bincode1;
#[cfg(feature = "bincode")]
mod borrowing;
#[cfg(feature = "cbor")]
mod cbor;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod parts;
#[cfg(feature = "postcard")]
mod postcard;
#[cfg(any(feature = "bincode", feature = "bincode1", feature = "cbor", feature = "json"))]
mod read_error;

#[cfg(feature = "bincode")]
pub use self::bincode::{Bincode, BincodeError};
#[cfg(feature = "bincode1")]
pub use self::bincode1::{Bincode1, Bincode1Error};
#[cfg(feature = "cbor")]
pub use self::cbor::{Cbor, CborError};
#[cfg(feature = "json")]
pub use self::json::{Json, JsonError};
#[cfg(feature = "msgpack")]
pub use self::msgpack::{Msgpack, MsgpackNamed};
pub use self::parts::Parts;
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;

use std::cell::Cell;
use std::error::Error;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::Serialize;

use super::counters::count_left_out;
use super::error::{DecodeError, EncodeError};
use super::{Encoding, Peek};
use traced_actor::Envelope;
use traced_actor::context::MessageContext;
use traced_actor::wire::hook::{By, Found, index, is_reserved, variants};
use traced_actor::wire::{Expected, take_refusal};

/// Why a format could not read or write, whichever it is.
pub type FormatError = Box<dyn Error + Send + Sync>;

/// A format that messages are written in, with or without their trace context.
///
/// ```
/// # #[cfg(feature = "json")] {
/// use traced_actor::Envelope;
/// use traced_actor_wire::{Codec, Encoding, codec::Json};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// enum Message {
///     Join { user: u64 },
/// }
///
/// let bytes = Json.encode(&Envelope::bare(Message::Join { user: 7 }), Encoding::Bare)?;
/// assert_eq!(bytes, br#"{"Join":{"user":7}}"#);
/// let envelope: Envelope<Message> = Json.decode(&bytes)?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Another format needs its properties, `write` and `read`; [`is_bare`](Self::is_bare) and
/// [`split`](Self::split) make it fast.
pub trait Codec {
    /// Why bytes could not be read. It is only boxed where something went wrong, so that a message
    /// is not moved for it.
    type Error: Into<FormatError> + fmt::Debug;

    /// The format's name in errors and counters.
    const NAME: &'static str;

    /// Whether the fields of a struct are written with their names.
    const NAMED: bool;

    /// Whether a reader can skip what it does not know.
    const SELF_DESCRIBING: bool;

    /// A first byte that the format gives to no message, for a [`Prefixed`](super::Prefixed).
    const FREE_BYTE: Option<u8> = None;

    /// Whether [`decode`](Self::decode) opens an envelope in a function of its own: 5 ns for an envelope, which spare a bare
    /// message one. For formats of which that is felt.
    const OPENS_ASIDE: bool = false;

    /// A value as bytes.
    ///
    /// # Errors
    ///
    /// Those of the format.
    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError>;

    /// A value from bytes.
    ///
    /// # Errors
    ///
    /// Those of the format.
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Self::Error>;

    /// Whether `bytes` are certainly no envelope, as the first of them tell. About a nanosecond.
    fn is_bare(&self, bytes: &[u8]) -> bool {
        let _ = bytes;
        false
    }

    /// The parts of an envelope, when `bytes` are one in the layout that [`encode`](Self::encode) writes. `None` is
    /// read the long way; parts are what is read, so they have to be certain. Nanoseconds, no allocation.
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        let _ = bytes;
        None
    }

    /// Whether `bytes` are of a sampled trace, without decoding them; `None` when that cannot be said from the
    /// layout that [`encode`](Self::encode) writes. About two nanoseconds, no allocation.
    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        if self.is_bare(bytes) { Some(Peek::Bare) } else { self.split(bytes)?.peek() }
    }

    /// Writes `envelope` as bytes: bare in [`Encoding::Bare`], or where nobody decided about a trace.
    ///
    /// A context never makes a message too large or too deep to send: where the format refuses the envelope and takes the
    /// bare message, that is sent, and counted in [`wire_counters`](super::wire_counters) as `left_out`.
    ///
    /// # Errors
    ///
    /// Those of the format, and of a message whose envelope could not be read, or would be taken for something else, in
    /// this mode. The error names the type, the codec and the modes that work. [`probe`](super::probe) asserts in a
    /// test that there is none.
    fn encode<'de, M>(&self, envelope: &Envelope<M>, encoding: Encoding) -> Result<Vec<u8>, EncodeError>
    where
        M: Serialize + Deserialize<'de>,
    {
        let (bare, enveloped) = (|| self.write(envelope.message()), || self.write(envelope));
        encode_or_leave_out(Self::NAME, envelope, encoding, bare, enveloped)
    }

    /// The message in `bytes`, bare or in an envelope. It borrows nothing: a message goes on to an actor. To
    /// borrow, read an `Envelope<M>` by the format's own function.
    ///
    /// A length is bounded by the bytes that there are, except that of a list whose elements take no bytes (`Vec<()>`, or
    /// one of unit structs) in postcard and in both versions of bincode: it is counted to, up to 2⁶⁴, as the format alone
    /// does. A message from outside must not have one.
    ///
    /// # Errors
    ///
    /// Those of the format. The error names the message type, the codec and the variants that were expected.
    #[inline(always)]
    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<Envelope<M>, DecodeError> {
        let (message, mut carried) = if self.is_bare(bytes) {
            (Some(bytes), MessageContext::ABSENT)
        } else {
            let opened = if Self::OPENS_ASIDE {
                open_aside::<Self, M>(self, bytes)
            } else {
                open::<Self, M>(self, bytes)
            };
            match opened {
                Some((message, carried)) => (Some(message), carried),
                None => (None, MessageContext::ABSENT),
            }
        };
        // Every way ends in one place, and one alone reads an `M` as such: a message that is moved from place to place
        // costs more than all else here.
        let read = if let Some(message) = message {
            self.read(message)
        } else {
            // A variable of its own, so that what the others carry stays out of memory.
            let mut found = MessageContext::ABSENT;
            let read = hooked(self, bytes, &mut found);
            carried = found;
            read
        };
        match read {
            Ok(message) => Ok(Envelope::new(message, carried)),
            Err(error) => Err(unread::<Self, M>(self, message, error)),
        }
    }
}

/// The bytes of an envelope's message, and what it carries; `None` where they have to be read the long way.
#[inline(always)]
fn open<'a, C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    bytes: &'a [u8],
) -> Option<(&'a [u8], MessageContext)> {
    let parts = codec.split(bytes)?;
    // Of a struct the bytes may be anything, and an enum may have the reserved variant itself.
    let by = if C::SELF_DESCRIBING { By::Name } else { By::Index };
    if !is_reserved::<M>(parts.is_text(), by) {
        return None;
    }
    Some((parts.message(), parts.carried()?))
}

/// As [`open`], in a function of its own.
#[inline(never)]
fn open_aside<'a, C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    bytes: &'a [u8],
) -> Option<(&'a [u8], MessageContext)> {
    open::<C, M>(codec, bytes)
}

/// Reads what may be an envelope, in any layout.
#[inline(never)]
fn hooked<C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    bytes: &[u8],
    carried: &mut MessageContext,
) -> Result<M, C::Error> {
    let Noting(envelope) = codec.read(bytes)?;
    let (message, found) = envelope.into_parts();
    *carried = found;
    Ok(message)
}

/// Why bytes were not read. They are not parsed again; of a message that was read as such, only its tag is.
#[cold]
#[inline(never)]
fn unread<C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    message: Option<&[u8]>,
    error: C::Error,
) -> DecodeError {
    let expected = match message {
        None => EXPECTED.take(),
        Some(message) => variants::<M>(C::SELF_DESCRIBING).map(|variants| {
            let index = if C::SELF_DESCRIBING { None } else { index(|| codec.read(message)) };
            Expected { variants, index }
        }),
    };
    DecodeError::new::<M>(C::NAME, expected, error)
}

/// Writes a message bare or enveloped, as `encoding` says; bare, too, where only its envelope is too much for the format.
#[inline]
pub(super) fn encode_or_leave_out<M>(
    codec: &'static str,
    envelope: &Envelope<M>,
    encoding: Encoding,
    bare: impl Fn() -> Result<Vec<u8>, FormatError>,
    enveloped: impl Fn() -> Result<Vec<u8>, FormatError>,
) -> Result<Vec<u8>, EncodeError> {
    if encoding == Encoding::Bare || envelope.message_context().is_absent() {
        return bare().map_err(|_| EncodeError::explained::<M>(codec, bare));
    }
    enveloped().or_else(|_| leave_out::<M>(codec, bare, enveloped))
}

#[cold]
fn leave_out<M>(
    codec: &'static str,
    bare: impl Fn() -> Result<Vec<u8>, FormatError>,
    enveloped: impl Fn() -> Result<Vec<u8>, FormatError>,
) -> Result<Vec<u8>, EncodeError> {
    take_refusal();
    let failed = enveloped();
    // What we refuse is not too large: it has no place in this mode, and the caller has to know.
    if failed.is_err()
        && take_refusal().is_none()
        && let Ok(bytes) = bare()
    {
        count_left_out();
        return Ok(bytes);
    }
    failed.map_err(|_| EncodeError::explained::<M>(codec, enveloped))
}

thread_local! {
    /// What the last failed [`Noting`] expected. Formats keep no more of an error than they choose.
    static EXPECTED: Cell<Option<Expected>> = const { Cell::new(None) };
}

struct Noting<M>(Envelope<M>);

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Noting<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Found::default();
        match found.read(deserializer) {
            Ok(message) => Ok(Self(Envelope::new(message, found.carried))),
            Err(error) => {
                EXPECTED.set(found.expected);
                Err(error)
            }
        }
    }
}
