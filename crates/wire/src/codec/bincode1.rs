//! The codec of bincode 1, in the form of `bincode::serialize`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read_error::read_error;
use super::{Codec, FormatError, Parts};
use crate::RESERVED_INDEX;

read_error!(Bincode1Error, bincode1::Error, "bincode 1");

/// Encodes messages with bincode 1's default configuration: little endian, fixed-length integers.
///
/// The layout is also that of bincode 2's `config::legacy()`. Bytes after the message are ignored, like in
/// `bincode::deserialize`. For `DefaultOptions`, which writes variable-length integers, use `Bincode` of the feature
/// `bincode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bincode1;

const TAG: [u8; 4] = RESERVED_INDEX.to_le_bytes();

impl Codec for Bincode1 {
    type Error = Bincode1Error;

    const NAME: &'static str = "bincode 1";
    const NAMED: bool = false;
    const SELF_DESCRIBING: bool = false;
    const OPENS_ASIDE: bool = true;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(bincode1::serialize(value)?)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Bincode1Error> {
        bincode1::deserialize(bytes).map_err(Bincode1Error)
    }

    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        !bytes.starts_with(&TAG)
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        let (length, rest) = bytes.strip_prefix(&TAG)?.split_first_chunk()?;
        Parts::binary(usize::try_from(u64::from_le_bytes(*length)).ok()?, rest)
    }
}
