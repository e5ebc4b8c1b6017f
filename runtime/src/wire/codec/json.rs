//! JSON, by `serde_json`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, FormatError, Parts};
use crate::propagation::traceparent;
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

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, FormatError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// A text, or an object whose first key begins with neither the reserved name's first character nor an escape.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        matches!(bytes, [b'"', ..]) || matches!(bytes, [b'{', b'"', key, ..] if *key != b'_' && *key != b'\\')
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        let rest = bytes.strip_prefix(br#"{"__traced":[""#)?.strip_suffix(b"]}")?;
        if let Some(message) = rest.strip_prefix(b"\",") {
            return Some(Parts::text(None, message));
        }
        let (parent, rest) = rest.split_first_chunk::<{ traceparent::LEN }>()?;
        Some(Parts::text(Some(traceparent::parse(parent).ok()?), rest.strip_prefix(b"\",")?))
    }

    #[inline]
    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        if self.is_bare(bytes) {
            return Some(Peek::Bare);
        }
        let carrier = bytes.strip_prefix(br#"{"__traced":["#)?;
        let carrier = match carrier {
            [b'"', text @ ..] => text,
            _ => carrier.strip_prefix(br#"{"traceparent":""#)?,
        };
        let (parent, rest) = match carrier {
            // The latter settled as well.
            [b'"', ..] | [b'0', b'"', ..] => return Some(Peek::Unsampled),
            _ => carrier.split_first_chunk::<{ traceparent::LEN }>()?,
        };
        match (traceparent::peek(parent), rest) {
            (traceparent::Peek::Sampled, [b'"', ..]) => Some(Peek::Sampled),
            (traceparent::Peek::Unsampled, [b'"', ..]) => Some(Peek::Unsampled),
            _ => None,
        }
    }
}
