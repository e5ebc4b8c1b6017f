//! The mode `frame`: a byte that no message of the format begins with, the context, and the unchanged message.

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::codec::{FormatError, encode_or_leave_out};
use super::counters::count_envelope;
use super::{Codec, DecodeError, EncodeError, Encoding, Peek};
use traced_actor::Envelope;
use traced_actor::wire::{binary, refusal};

/// Puts the context in front of the message. Works for messages of any shape.
///
/// An envelope is `free byte | length of the context, LEB128 | context | message`. A peer without this crate rejects
/// the first byte. The format must have a byte that no message begins with. JSON, `MessagePack` and CBOR have one;
/// others do not compile:
///
/// ```compile_fail
/// use traced_actor_wire::{Prefixed, codec::Postcard};
///
/// let codec = Prefixed::new(Postcard);       // any byte may begin a message
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Prefixed<C>(C);

impl<C: Codec> Prefixed<C> {
    const FREE_BYTE: u8 = match C::FREE_BYTE {
        Some(byte) => byte,
        None => panic!(
            "`Prefixed` needs a byte that no message begins with, and this format has none: send the context \
             in `headers`, or make the message an externally tagged enum"
        ),
    };

    /// Creates a codec that puts the context in front of the messages of `codec`.
    #[must_use]
    pub const fn new(codec: C) -> Self {
        let _ = const { Self::FREE_BYTE };
        Self(codec)
    }

    /// Splits the part of a frame after its first byte into the context and the message.
    fn split(frame: &[u8]) -> Option<(&[u8], &[u8])> {
        let (length, rest) = binary::read_length(frame)?;
        rest.split_at_checked(length)
    }

    /// Returns the bytes after the first one, if the first one is that of a frame.
    fn frame(bytes: &[u8]) -> Option<&[u8]> {
        bytes.strip_prefix(&[Self::FREE_BYTE])
    }
}

impl<C: Codec> Codec for Prefixed<C> {
    type Error = C::Error;

    const NAME: &'static str = C::NAME;
    const NAMED: bool = C::NAMED;
    const SELF_DESCRIBING: bool = C::SELF_DESCRIBING;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        self.0.write(value)
    }

    #[inline]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, C::Error> {
        self.0.read(bytes)
    }

    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        bytes.first() != Some(&Self::FREE_BYTE)
    }

    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        match Self::frame(bytes) {
            None => Some(Peek::Bare),
            Some(frame) => {
                Self::split(frame).and_then(|(context, _)| binary::peek(context)).map(Peek::of_sampled)
            }
        }
    }

    fn encode<'de, M>(&self, envelope: &Envelope<M>, encoding: Encoding) -> Result<Vec<u8>, EncodeError>
    where
        M: Serialize + Deserialize<'de>,
    {
        let bare = || {
            let bytes = self.0.write(envelope.message())?;
            if !self.is_bare(&bytes) {
                return Err(refusal(
                    "the message begins with the byte that marks a prefix: use `headers` to carry its context",
                ));
            }
            Ok(bytes)
        };
        let framed = || {
            let mut bytes = vec![Self::FREE_BYTE];
            binary::push_value(&mut bytes, &binary::write(envelope.message_context()));
            bytes.extend(self.0.write(envelope.message())?);
            Ok(bytes)
        };
        encode_or_leave_out(C::NAME, envelope, encoding, bare, framed)
    }

    fn decode<M: DeserializeOwned>(&self, bytes: &[u8]) -> Result<Envelope<M>, DecodeError> {
        let failed = |error: FormatError| DecodeError::new::<M>(C::NAME, None, error);
        let Some(frame) = Self::frame(bytes) else {
            return self.0.read(bytes).map(Envelope::bare).map_err(|error| failed(error.into()));
        };
        let split =
            Self::split(frame).ok_or_else(|| failed("the bytes end within the trace context".into()))?;
        let message = self.0.read(split.1).map_err(|error| failed(error.into()))?;
        let context = binary::read(split.0);
        count_envelope(&context);
        Ok(Envelope::new(message, context))
    }
}
