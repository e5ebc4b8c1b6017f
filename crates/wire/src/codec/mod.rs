//! Formats, with one type for each, behind a feature of the same name.
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
mod depth;
mod index;
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

use self::index::index;
use super::counters::{count_envelope, count_left_out};
use super::error::{DecodeError, EncodeError};
use super::{Encoding, Peek};
use traced_actor::Envelope;
use traced_actor::context::MessageContext;
use traced_actor::wire::hook::{By, Found, is_reserved, variants};
use traced_actor::wire::{Bare, Expected, take_refusal};

/// The error of any format.
pub type FormatError = Box<dyn Error + Send + Sync>;

/// A format for messages, with or without their trace context.
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
/// To add a format, implement the constants, `write` and `read`. [`is_bare`](Self::is_bare) and [`split`](Self::split)
/// make it faster. Without `split`, an envelope nests its message two levels deeper, so also check
/// [`NESTED_AT_MOST`](Self::NESTED_AT_MOST).
pub trait Codec {
    /// The error of [`read`](Self::read). It is boxed only when it occurs, so that results stay small.
    type Error: Into<FormatError> + fmt::Debug;

    /// The name of the format in errors and counters.
    const NAME: &'static str;

    /// Whether the fields of a struct are written with their names.
    const NAMED: bool;

    /// Whether a reader can skip unknown values.
    const SELF_DESCRIBING: bool;

    /// A byte that no message of the format begins with. [`Prefixed`](super::Prefixed) needs one.
    const FREE_BYTE: Option<u8> = None;

    /// Whether [`decode`](Self::decode) opens envelopes in a separate function.
    ///
    /// This makes bare messages slightly cheaper and envelopes slightly more expensive. Set it for formats so fast that
    /// the difference matters.
    const OPENS_ASIDE: bool = false;

    /// The number of values that may be nested in each other in a message whose envelope the codec cannot
    /// [`split`](Self::split).
    ///
    /// A message that is nested more deeply is sent without its context. The default is right for formats that read 128
    /// levels and count up to two for a value, like RON. Formats with fewer levels need a smaller number. A larger one
    /// keeps the contexts of deeper messages.
    const NESTED_AT_MOST: usize = 60;

    /// Writes a value as bytes.
    ///
    /// # Errors
    ///
    /// Returns the error of the format.
    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError>;

    /// Reads a value from bytes.
    ///
    /// # Errors
    ///
    /// Returns the error of the format.
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Self::Error>;

    /// Returns whether the first bytes show that `bytes` are not an envelope. `false` means that they may be one.
    fn is_bare(&self, bytes: &[u8]) -> bool {
        let _ = bytes;
        false
    }

    /// Splits an envelope in the layout of [`encode`](Self::encode) into its parts, without an allocation.
    ///
    /// Returns `None` if the layout is not certain. The bytes are then decoded in the general way.
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        let _ = bytes;
        None
    }

    /// Returns whether `bytes` belong to a sampled trace, without decoding them and without an allocation.
    ///
    /// Returns `None` if the layout is not that of [`encode`](Self::encode). If it reports a sampled context,
    /// [`decode`](Self::decode) uses that context.
    ///
    /// The message must be an enum that this codec can put in an envelope. The bytes of a struct, or of an enum with
    /// more than 127 variants, may start like an envelope in a binary format.
    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        if self.is_bare(bytes) { Some(Peek::Bare) } else { self.split(bytes)?.peek() }
    }

    /// Encodes an envelope.
    ///
    /// The message is written bare in [`Encoding::Bare`], and if no sampling decision was made.
    ///
    /// A context never makes a message too large or too deep to send. If the format rejects the envelope but accepts
    /// the bare message, the bare message is sent, and counted in [`wire_counters`](super::wire_counters) as `left_out`.
    ///
    /// # Errors
    ///
    /// Returns the error of the format. Also returns an error if the envelope of this message could not be read, or
    /// could be mistaken for another message, in this mode. The error names the type, the codec and the modes that
    /// work. Use [`probe`](super::probe) in a test to check your messages.
    fn encode<'de, M>(&self, envelope: &Envelope<M>, encoding: Encoding) -> Result<Vec<u8>, EncodeError>
    where
        M: Serialize + Deserialize<'de>,
    {
        let bare = || {
            // A format that describes itself writes names, among which the reserved one is refused.
            if Self::SELF_DESCRIBING {
                self.write(envelope.message())
            } else {
                self.write(&Bare(envelope.message()))
            }
        };
        let enveloped = || {
            let bytes = self.write(envelope)?;
            let is_split = bytes.len() <= Self::NESTED_AT_MOST || self.split(&bytes).is_some();
            if !is_split && depth::exceeds(envelope.message(), Self::NESTED_AT_MOST) {
                return Err("a peer could not read a message that is nested so deeply in an envelope".into());
            }
            Ok(bytes)
        };
        encode_or_leave_out(Self::NAME, envelope, encoding, bare, enveloped)
    }

    /// Decodes a message, bare or in an envelope.
    ///
    /// The message borrows nothing from `bytes`, because it is passed on to an actor. To borrow data, deserialize an
    /// `Envelope<M>` with the format's own function.
    ///
    /// A length is limited by the number of bytes that are left. The exception is a list whose elements take no bytes
    /// (`Vec<()>`, or a list of unit structs) in postcard and in both versions of bincode. Like in the format alone,
    /// its elements are counted up to its length, which may be 2⁶⁴. Do not use such a list in untrusted messages.
    ///
    /// # Errors
    ///
    /// Returns the error of the format. It names the message type, the codec and the expected variants.
    #[inline(always)]
    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<Envelope<M>, DecodeError> {
        let (message, mut context) = if self.is_bare(bytes) {
            (Some(bytes), MessageContext::ABSENT)
        } else {
            let opened = if Self::OPENS_ASIDE {
                open_aside::<Self, M>(self, bytes)
            } else {
                open::<Self, M>(self, bytes)
            };
            match opened {
                Some((message, context)) => (Some(message), context),
                None => (None, MessageContext::ABSENT),
            }
        };
        // All paths end in one place, and only one of them reads an `M` directly. Moving a message from place to place
        // costs more than everything else here.
        let read = if let Some(message) = message {
            self.read(message)
        } else {
            // A separate variable, so that other contexts stay out of memory.
            let mut found = MessageContext::ABSENT;
            let read = hooked(self, bytes, &mut found);
            context = found;
            read
        };
        match read {
            Ok(message) => Ok(Envelope::new(message, context)),
            Err(error) => Err(unread::<Self, M>(self, message, error)),
        }
    }
}

/// Returns the bytes of an envelope's message, and its context. Returns `None` if they have to be read the general way.
#[inline(always)]
fn open<'a, C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    bytes: &'a [u8],
) -> Option<(&'a [u8], MessageContext)> {
    let parts = codec.split(bytes)?;
    // The bytes of a struct may be anything, and an enum may have the reserved variant itself.
    let by = if C::SELF_DESCRIBING { By::Name } else { By::Index };
    if !is_reserved::<M>(parts.is_text(), by) {
        return None;
    }
    let context = parts.context()?;
    count_envelope(&context);
    Some((parts.message(), context))
}

/// Opens an envelope like [`open`], in a separate function.
#[inline(never)]
fn open_aside<'a, C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    bytes: &'a [u8],
) -> Option<(&'a [u8], MessageContext)> {
    open::<C, M>(codec, bytes)
}

/// Reads bytes that may be an envelope, in any layout.
#[inline(never)]
fn hooked<C: Codec + ?Sized, M: DeserializeOwned>(
    codec: &C,
    bytes: &[u8],
    context: &mut MessageContext,
) -> Result<M, C::Error> {
    let Noting(envelope) = codec.read(bytes)?;
    let (message, found) = envelope.into_parts();
    *context = found;
    Ok(message)
}

/// Returns the reason why bytes could not be read. Only the tag of a bare message is parsed again.
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

/// Writes a message bare or in an envelope, as `encoding` says.
///
/// Also writes it bare if the format rejects only the envelope.
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
    // Our own refusal does not mean that it is too large. The message has no place for a context in this mode, and the
    // caller must know.
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
    /// The variants that the last failed [`Noting`] expected. Formats may drop parts of an error.
    static EXPECTED: Cell<Option<Expected>> = const { Cell::new(None) };
}

struct Noting<M>(Envelope<M>);

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Noting<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Found::default();
        match found.read(deserializer) {
            Ok(message) => {
                if found.enveloped {
                    count_envelope(&found.context);
                }
                Ok(Self(Envelope::new(message, found.context)))
            }
            Err(error) => {
                EXPECTED.set(found.expected);
                Err(error)
            }
        }
    }
}
