//! The codec of bincode 2.

use bincode::de::{
    BorrowDecode, Decoder, DecoderImpl,
    read::{Reader, SliceReader},
};
use bincode::error::DecodeError;
use bincode::serde::BorrowCompat;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::borrowing::Borrowing;
use super::read_error::read_error;
use super::{Codec, FormatError, Parts};
use crate::RESERVED_INDEX;

read_error!(BincodeError, DecodeError, "bincode 2");

/// Encodes messages with bincode 2's standard configuration: little endian, variable-length integers.
///
/// The layout is also that of bincode 1's `DefaultOptions`.
///
/// A message takes at most `LIMIT` bytes. bincode itself has no limit. A length in a message is compared with the
/// number of bytes that are left before memory is reserved for a text or for bytes. Without a limit, bincode reserves
/// whatever a corrupt length says, until the process aborts. Bytes after the message are an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bincode<const LIMIT: usize = { 4 << 20 }>(());

impl Bincode {
    /// Creates the codec with a limit of 4 MiB.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }

    /// Creates the codec with a limit of `LIMIT` bytes for a message.
    #[must_use]
    pub const fn with_limit<const LIMIT: usize>() -> Bincode<LIMIT> {
        Bincode(())
    }
}

impl Default for Bincode {
    fn default() -> Self {
        Self::new()
    }
}

impl<const LIMIT: usize> Codec for Bincode<LIMIT> {
    type Error = BincodeError;

    const NAME: &'static str = "bincode";
    const NAMED: bool = false;
    const SELF_DESCRIBING: bool = false;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        // bincode's limit applies to reading. A message that a peer with the same limit cannot read is not sent.
        let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard())?;
        if bytes.len() > LIMIT {
            return Err(format!("{} bytes are more than the limit of {LIMIT}", bytes.len()).into());
        }
        Ok(bytes)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, BincodeError> {
        if bytes.len() > LIMIT {
            return Err(BincodeError(DecodeError::LimitExceeded));
        }
        // bincode's own limit accounts for each byte that is read, which takes a third of the time. Borrowed data does
        // not need that.
        let mut decoder = DecoderImpl::new(SliceReader::new(bytes), bincode::config::standard(), ());
        match BorrowCompat::borrow_decode(&mut decoder) {
            Ok(BorrowCompat(Borrowing(value))) => match decoder.reader().peek_read(1) {
                None => Ok(value),
                Some(_) => Err(BincodeError(DecodeError::Other("there are bytes after the message"))),
            },
            Err(error) => Err(BincodeError(error)),
        }
    }

    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        !matches!(bytes, [first, ..] if u32::from(*first) == RESERVED_INDEX)
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        match bytes {
            _ if self.is_bare(bytes) => None,
            [_, length @ 0..251, rest @ ..] => Parts::binary((*length).into(), rest),
            // 251 is the marker of a length of two bytes.
            [_, 251, low, high, rest @ ..] => Parts::binary(u16::from_le_bytes([*low, *high]).into(), rest),
            _ => None,
        }
    }
}
