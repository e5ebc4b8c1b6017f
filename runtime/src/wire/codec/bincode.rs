//! bincode 2.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, FormatError, Parts};
use crate::wire::RESERVED_INDEX;

/// bincode 2's standard configuration: little endian, variable integers. The layout is also that of bincode 1's
/// `DefaultOptions`.
///
/// A message takes at most `LIMIT` bytes, which bincode leaves open: without a limit, a corrupt length makes it
/// reserve memory until the process aborts. Bytes after the message are an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bincode<const LIMIT: usize = { 4 << 20 }>(());

impl Bincode {
    /// With a limit of 4 MiB.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }

    /// With a limit of so many bytes.
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
    const NAME: &'static str = "bincode";
    const NAMED: bool = false;
    const SELF_DESCRIBING: bool = false;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        // bincode's limit is for reading; what a peer with the same limit cannot read is not sent.
        let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard())?;
        if bytes.len() > LIMIT {
            return Err(format!("{} bytes are more than the limit of {LIMIT}", bytes.len()).into());
        }
        Ok(bytes)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, FormatError> {
        let config = bincode::config::standard().with_limit::<LIMIT>();
        let (value, length) = bincode::serde::borrow_decode_from_slice(bytes, config)?;
        match bytes.len() - length {
            0 => Ok(value),
            rest => Err(format!("{rest} more bytes after the message").into()),
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
            // 251 announces a length of two bytes.
            [_, 251, low, high, rest @ ..] => Parts::binary(u16::from_le_bytes([*low, *high]).into(), rest),
            _ => None,
        }
    }
}
