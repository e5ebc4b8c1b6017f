//! JSON, by `serde_json`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, FormatError};
use crate::wire::Peek;

/// JSON. An envelope is `{"__traced":["<traceparent>",<message>]}`.
///
/// Nothing but white space may follow the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

impl Codec for Json {
    const NAME: &'static str = "JSON";
    const NAMED: bool = true;
    const SELF_DESCRIBING: bool = true;
    /// A control character, which no JSON text begins with.
    const FREE_BYTE: Option<u8> = Some(0x01);

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(serde_json::to_vec(value)?)
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, FormatError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// A text, or an object whose first key begins with neither the reserved name's first character nor an escape.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        matches!(bytes, [b'"', ..]) || matches!(bytes, [b'{', b'"', key, ..] if *key != b'_' && *key != b'\\')
    }

    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        if self.is_bare(bytes) {
            return Some(Peek::Bare);
        }
        let carrier = bytes.strip_prefix(br#"{"__traced":["#)?;
        let carrier = carrier.strip_prefix(br#"{"traceparent":"#).unwrap_or(carrier);
        match carrier.strip_prefix(b"\"")? {
            [b'"', ..] => Some(Peek::Unsampled),
            [b'0', b'0', b'-', rest @ ..] => match rest.get(50..53)? {
                [_, low, b'"'] => match low {
                    b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f' => Some(Peek::Sampled),
                    b'0' | b'2' | b'4' | b'6' | b'8' | b'a' | b'c' | b'e' => Some(Peek::Unsampled),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
}
