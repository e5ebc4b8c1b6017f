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

/// Of an envelope, up to the context.
const START: &[u8; 14] = br#"{"__traced":[""#;

impl Codec for Json {
    type Error = serde_json::Error;

    const NAME: &'static str = "JSON";
    const NAMED: bool = true;
    const SELF_DESCRIBING: bool = true;
    /// A control character, which no JSON text begins with.
    const FREE_BYTE: Option<u8> = Some(0x01);

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(serde_json::to_vec(value)?)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// A text, or an object whose first key begins with neither the reserved name's first character nor an escape.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        match bytes.first_chunk() {
            Some([b'{', b'"', key]) => *key != b'_' && *key != b'\\',
            _ => matches!(bytes, [b'"', ..]),
        }
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        let rest = bytes.strip_prefix(START)?.strip_suffix(b"]}")?;
        if let Some(message) = rest.strip_prefix(b"\",") {
            return Some(Parts::text(None, message));
        }
        let (parent, rest) = rest.split_first_chunk::<{ traceparent::LEN }>()?;
        Some(Parts::text(Some(traceparent::parse(parent).ok()?), rest.strip_prefix(b"\",")?))
    }

    #[inline]
    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        // What almost all look like, behind one check of the length.
        if let Some((fixed, _)) = bytes.split_first_chunk::<{ START.len() + traceparent::LEN + 1 }>()
            && let Some(rest) = fixed.strip_prefix(START)
            && let Some((parent, [b'"'])) = rest.split_first_chunk::<{ traceparent::LEN }>()
            && let Some(peeked) = peeked(parent)
        {
            return Some(peeked);
        }
        if self.is_bare(bytes) {
            return Some(Peek::Bare);
        }
        // The latter settled as well.
        if let Some([b'"', ..] | [b'0', b'"', ..]) = bytes.strip_prefix(START) {
            return Some(Peek::Unsampled);
        }
        let text = bytes.strip_prefix(br#"{"__traced":[{"traceparent":""#)?;
        match text.split_first_chunk::<{ traceparent::LEN }>()? {
            (parent, [b'"', ..]) => peeked(parent),
            _ => None,
        }
    }
}

#[inline]
fn peeked(parent: &[u8; traceparent::LEN]) -> Option<Peek> {
    match traceparent::peek(parent) {
        traceparent::Peek::Sampled => Some(Peek::Sampled),
        traceparent::Peek::Unsampled => Some(Peek::Unsampled),
        traceparent::Peek::Unclear => None,
    }
}
