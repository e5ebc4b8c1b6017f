//! The codec of JSON, with `serde_json`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read_error::read_error;
use super::{Codec, FormatError, Parts};
use crate::Peek;
use traced_actor::context::MessageContext;
use traced_actor::w3c::traceparent;
use traced_actor::wire::{ReadContext, text};

read_error!(JsonError, serde_json::Error, "JSON");

/// Encodes messages as JSON. An envelope is `{"__traced":["<traceparent>",<message>]}`.
///
/// Only white space may follow the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

/// The start of an envelope, up to the context.
const START: &[u8; 14] = br#"{"__traced":[""#;
/// The same start, followed by the beginning of almost every `traceparent`.
const START_SAMPLED: &[u8; 16] = br#"{"__traced":["00"#;
/// The start of an unsampled envelope, up to the message.
const START_UNSAMPLED: &[u8; 16] = br#"{"__traced":["","#;

/// The start of an envelope, up to a context of any kind.
const START_ANY: &[u8; 13] = br#"{"__traced":["#;

impl Codec for Json {
    type Error = JsonError;

    const NAME: &'static str = "JSON";
    const NAMED: bool = true;
    const SELF_DESCRIBING: bool = true;
    /// A control character, which no JSON text begins with.
    const FREE_BYTE: Option<u8> = Some(0x01);

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(serde_json::to_vec(value)?)
    }

    #[inline(always)]
    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, JsonError> {
        serde_json::from_slice(bytes).map_err(JsonError)
    }

    /// Returns whether it is a text, or an object whose first key is not the reserved name.
    ///
    /// The key must begin neither with the reserved name's first character nor with an escape.
    #[inline]
    fn is_bare(&self, bytes: &[u8]) -> bool {
        match bytes.first_chunk() {
            Some([b'{', b'"', key]) => *key != b'_' && *key != b'\\',
            _ => matches!(bytes, [b'"', ..]),
        }
    }

    #[inline]
    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        // The form of a sampled envelope, after a single check of the length.
        if let Some((fixed, rest)) = bytes.split_first_chunk::<{ START.len() + traceparent::LEN + 2 }>()
            && fixed.starts_with(START_SAMPLED)
            && let Some((parent, b"\",")) = fixed[START.len()..].split_first_chunk()
        {
            return Some(Parts::quoted(parent, rest.strip_suffix(b"]}")?));
        }
        if let Some(rest) = bytes.strip_prefix(START_UNSAMPLED) {
            return Some(Parts::text(None, rest.strip_suffix(b"]}")?));
        }
        split_any(bytes)
    }

    #[inline]
    fn peek(&self, bytes: &[u8]) -> Option<Peek> {
        // The most common form, after a single check of the length.
        if let Some((fixed, _)) = bytes.split_first_chunk::<{ START.len() + traceparent::LEN + 1 }>()
            && let Some(rest) = fixed.strip_prefix(START)
            && let Some((parent, [b'"'])) = rest.split_first_chunk::<{ traceparent::LEN }>()
            && let Some(sampled) = text::peek(parent)
        {
            return Some(Peek::of_sampled(sampled));
        }
        if self.is_bare(bytes) {
            return Some(Peek::Bare);
        }
        // This prefix also decides that the message is well-formed.
        if let Some([b'"', ..] | [b'0', b'"', ..]) = bytes.strip_prefix(START) {
            return Some(Peek::Unsampled);
        }
        split_any(bytes)?.peek()
    }
}

/// Splits an envelope with any context, in the layout that this crate writes.
///
/// So a message in an envelope may be nested as deeply as a bare one, whatever its context is.
fn split_any(bytes: &[u8]) -> Option<Parts<'_>> {
    let rest = bytes.strip_prefix(START_ANY)?.strip_suffix(b"]}")?;
    let (value, rest) = rest.split_at_checked(value_length(rest)?)?;
    Some(Parts::value(value, read_value, rest.strip_prefix(b",")?))
}

/// Reads the value in the place of a context. Returns `None` if it is not a value.
fn read_value(value: &[u8]) -> Option<MessageContext> {
    serde_json::from_slice(value).ok().map(|ReadContext(context)| context)
}

/// Returns the length of the text before the first comma that is not in a string, an object or a list.
fn value_length(text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}
