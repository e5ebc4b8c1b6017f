//! postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, FormatError, peek_carrier};
use crate::wire::{Peek, RESERVED_INDEX};

/// postcard. Bytes after the message are ignored, as `postcard::from_bytes` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Postcard;

impl Codec for Postcard {
    const NAME: &'static str = "postcard";
    const NAMED: bool = false;
    const SELF_DESCRIBING: bool = false;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(postcard::to_stdvec(value)?)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, FormatError> {
        Ok(postcard::from_bytes(bytes)?)
    }

    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        !matches!(bytes, [first, ..] if u32::from(*first) == RESERVED_INDEX)
    }

    #[inline]
    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        match bytes {
            _ if self.is_bare(bytes) => Some(Peek::Bare),
            [_, length @ 0..0x80, carrier @ ..] => peek_carrier((*length).into(), carrier),
            // A length of several bytes: more than the fixed part.
            [_, _, 0..0x80, carrier @ ..] => peek_carrier(0x80, carrier),
            _ => None,
        }
    }
}
