//! The codecs of `MessagePack`, with `rmp-serde`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, FormatError, Parts};

/// Encodes messages as `MessagePack`, with structs as arrays, like `rmp_serde::to_vec`. Reads both forms.
///
/// Bytes after the message are ignored, like in `rmp_serde::from_slice`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Msgpack;

/// Encodes messages as `MessagePack`, with structs as maps, like `rmp_serde::to_vec_named`. Reads both forms.
///
/// Bytes after the message are ignored, like in `rmp_serde::from_slice`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MsgpackNamed;

/// The only byte that `MessagePack` never uses.
const NEVER_USED: u8 = 0xc1;

macro_rules! codec {
    ($codec:ident, $name:literal, $named:literal, $write:path) => {
        impl Codec for $codec {
            // The format's own error. A wrapper would move the message once more, which is measurable here.
            type Error = rmp_serde::decode::Error;

            const NAME: &'static str = $name;
            const NAMED: bool = $named;
            const SELF_DESCRIBING: bool = true;
            const FREE_BYTE: Option<u8> = Some(NEVER_USED);
            const OPENS_ASIDE: bool = true;

            fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
                Ok($write(value)?)
            }

            #[inline(always)]
            fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, rmp_serde::decode::Error> {
                rmp_serde::from_slice(bytes)
            }

            #[inline]
            fn is_bare(&self, bytes: &[u8]) -> bool {
                is_bare(bytes)
            }

            #[inline]
            fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
                split(bytes)
            }
        }
    };
}

codec!(Msgpack, "MessagePack", false, rmp_serde::to_vec);
codec!(MsgpackNamed, "MessagePack with names", true, rmp_serde::to_vec_named);

/// Returns whether it is a short text (a unit variant), or a map of one entry with a short text as its key.
///
/// The key must not be the reserved name.
#[inline]
fn is_bare(bytes: &[u8]) -> bool {
    match bytes.first_chunk() {
        Some([0x81, 0xa0..0xc0, key]) => *key != b'_',
        _ => matches!(bytes, [0xa0..0xc0, ..]),
    }
}

#[inline]
fn split(bytes: &[u8]) -> Option<Parts<'_>> {
    match bytes.strip_prefix(b"\x81\xa8__traced\x92")? {
        [0xc4, length, rest @ ..] => Parts::binary((*length).into(), rest),
        [0xc5, high, low, rest @ ..] => Parts::binary(u16::from_be_bytes([*high, *low]).into(), rest),
        _ => None,
    }
}
