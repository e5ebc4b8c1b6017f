//! Adds the context to protobuf messages of `prost`, as the field 2047. Peers without this crate skip the field.
//!
//! Reserve the number in the `.proto` file, so that no other field uses it:
//!
//! ```proto
//! message Command {
//!   reserved 2047;    // traced-actor
//!   // …
//! }
//! ```
//!
//! A program that decodes a message with `prost` and encodes it again drops the context, as it drops every unknown
//! field.

use prost::Message;

use super::{DecodeError, Encoding, Peek};
use traced_actor::Envelope;
use traced_actor::context::MessageContext;
use traced_actor::wire::binary;

/// The number of the field that holds the context.
pub const FIELD: u32 = 2047;

/// The codec's name in errors and counters.
const NAME: &str = "protobuf";
/// The key of field 2047, which is length-delimited.
const KEY: u64 = (FIELD as u64) << 3 | LENGTH_DELIMITED;
const LENGTH_DELIMITED: u64 = 2;

/// Encodes an envelope. Any peer can read it. [`Encoding::Bare`] only saves 29 bytes.
pub fn encode<M: Message>(envelope: &Envelope<M>, encoding: Encoding) -> Vec<u8> {
    if encoding == Encoding::Bare || envelope.message_context().is_absent() {
        return envelope.message().encode_to_vec();
    }
    let context = binary::write(envelope.message_context());
    let mut bytes = Vec::with_capacity(4 + context.len() + envelope.message().encoded_len());
    prost::encoding::encode_varint(KEY, &mut bytes);
    binary::push_value(&mut bytes, &context);
    bytes.extend(envelope.message().encode_to_vec());
    bytes
}

/// Decodes a message, and its context if there is one. The context may be anywhere among the fields.
///
/// # Errors
///
/// Returns the error of `prost`.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<Envelope<M>, DecodeError> {
    let message = M::decode(bytes).map_err(|error| DecodeError::new::<M>(NAME, None, error))?;
    let context = match find(bytes) {
        Some(context) => binary::read(context),
        None => MessageContext::ABSENT,
    };
    Ok(Envelope::new(message, context))
}

/// Returns whether `bytes` belong to a sampled trace, without decoding them.
///
/// A malformed context counts as absent, as in [`decode`].
pub fn peek(bytes: &[u8]) -> Peek {
    find(bytes).and_then(binary::peek).map_or(Peek::Bare, Peek::of_sampled)
}

/// Returns the content of the field. If it occurs several times, the last one is used, as in protobuf.
fn find(mut bytes: &[u8]) -> Option<&[u8]> {
    let mut found = None;
    while !bytes.is_empty() {
        let Some(key) = varint(&mut bytes) else { break };
        let length = match key & 7 {
            0 => {
                varint(&mut bytes);
                continue;
            }
            1 => 8,
            LENGTH_DELIMITED => {
                varint(&mut bytes).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX)
            }
            5 => 4,
            // A group, which has long been deprecated. The rest is not parsed.
            _ => break,
        };
        let Some((content, rest)) = bytes.split_at_checked(length) else { break };
        if key == KEY {
            found = Some(content);
        }
        bytes = rest;
    }
    found
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    prost::encoding::decode_varint(bytes).ok()
}
