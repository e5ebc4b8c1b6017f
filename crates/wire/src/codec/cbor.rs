//! The codec of CBOR, with `ciborium`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read_error::read_error;
use super::{Codec, FormatError, Parts};

read_error!(CborError, ciborium::de::Error<std::io::Error>, "CBOR");

/// Encodes messages as CBOR. Bytes after the message are ignored, like in `ciborium::from_reader`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cbor;

impl Codec for Cbor {
    type Error = CborError;

    const NAME: &'static str = "CBOR";
    const NAMED: bool = true;
    const SELF_DESCRIBING: bool = true;
    /// A reserved byte of RFC 8949, 3.1: the additional information 28 is not assigned.
    const FREE_BYTE: Option<u8> = Some(0x1c);

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes)?;
        Ok(bytes)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CborError> {
        ciborium::from_reader(bytes).map_err(CborError)
    }

    /// Returns whether it is a short text (a unit variant), or a map of one entry with a short text as its key.
    ///
    /// The key must not be the reserved name.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        match bytes.first_chunk() {
            Some([0xa1, 0x60..0x78, key]) => *key != b'_',
            _ => matches!(bytes, [0x60..0x78, ..]),
        }
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        match bytes.strip_prefix(b"\xa1\x68__traced\x82")? {
            [head @ 0x40..0x58, rest @ ..] => Parts::binary((head - 0x40).into(), rest),
            [0x58, length, rest @ ..] => Parts::binary((*length).into(), rest),
            [0x59, high, low, rest @ ..] => Parts::binary(u16::from_be_bytes([*high, *low]).into(), rest),
            _ => None,
        }
    }
}
