//! The codec of postcard.

use postcard::Deserializer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, FormatError, Parts};
use crate::RESERVED_INDEX;
use traced_actor::wire::binary::read_length;

/// Encodes messages with postcard. Bytes after the message are ignored, like in `postcard::from_bytes`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Postcard;

impl Codec for Postcard {
    // The format's own error. A wrapper would move the message once more, which is measurable here.
    type Error = postcard::Error;

    const NAME: &'static str = "postcard";
    const NAMED: bool = false;
    const SELF_DESCRIBING: bool = false;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(postcard::to_stdvec(value)?)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, postcard::Error> {
        // Does the same as `postcard::from_bytes`, which moves the message once more.
        T::deserialize(&mut Deserializer::from_bytes(bytes))
    }

    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        !matches!(bytes, [first, ..] if u32::from(*first) == RESERVED_INDEX)
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        match bytes {
            _ if self.is_bare(bytes) => None,
            [_, rest @ ..] => {
                let (length, rest) = read_length(rest)?;
                Parts::binary(length, rest)
            }
            [] => None,
        }
    }
}
