//! `traceparent`: the ids and flags of [W3C Trace Context level 2][w3c].
//!
//! ```text
//! 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03
//! version   trace id (32)             span id (16)   flags
//! ```
//!
//! [w3c]: https://www.w3.org/TR/trace-context-2/#traceparent-header

use std::fmt;

use super::ParseError;
use super::hex;
use crate::context::{SpanId, TraceContext, TraceFlags, TraceId};

/// The name of the header.
pub const HEADER: &str = "traceparent";
/// The length of a value of version 00, in bytes.
pub const LEN: usize = 55;

/// The flags that level 2 defines. Other flags are neither kept nor written.
const KNOWN: u8 = TraceFlags::SAMPLED.bits() | TraceFlags::RANDOM.bits();

/// Parses a `traceparent` value.
///
/// Parsing is strict: exactly 55 bytes, lower-case hex digits, dashes in their places, and ids that are not all zero.
/// A version above 00 may have more fields after another dash, which are ignored. Version `ff` is invalid. Flags that
/// are unknown in level 2 are cleared.
///
/// Does not allocate.
///
/// # Errors
///
/// Returns the first error, from left to right. Treat such a header as if it were missing.
///
/// ```
/// use traced_actor::w3c::traceparent;
///
/// let context = traceparent::parse(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03")?;
/// assert!(context.is_sampled() && context.flags.is_random());
/// assert_eq!(traceparent::write(&context).as_str(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
/// # Ok::<(), traced_actor::w3c::ParseError>(())
/// ```
#[inline]
pub fn parse(value: &[u8]) -> Result<TraceContext, ParseError> {
    match parse_common(value) {
        Some(context) => Ok(context),
        None => parse_any(value),
    }
}

/// Parses a value in the most common form: version 00, and no unknown flags. Returns `None` for any other value.
#[inline]
pub(crate) fn parse_common(value: &[u8]) -> Option<TraceContext> {
    let fixed = common(value)?;
    let (trace_id, span_id) = ids(fixed)?;
    // The digits are `0` to `3`, whose lower bits are the flags.
    Some(TraceContext::new(trace_id, span_id, TraceFlags::new(fixed[54] & KNOWN)))
}

/// Returns both ids if they are well-formed.
#[inline]
fn ids(fixed: &[u8; LEN]) -> Option<(TraceId, SpanId)> {
    let (mut digits, mut bytes) = ([0; 48], [0; 24]);
    digits[..32].copy_from_slice(&fixed[3..35]);
    digits[32..].copy_from_slice(&fixed[36..52]);
    if !hex::read(&mut digits, &mut bytes) {
        return None;
    }
    Some((TraceId::from_bytes(*bytes.first_chunk()?)?, SpanId::from_bytes(*bytes.last_chunk()?)?))
}

/// Returns the value if it has the most common form.
#[inline]
const fn common(value: &[u8]) -> Option<&[u8; LEN]> {
    let (Some(fixed), Some(start), Some(end)) =
        (value.first_chunk::<LEN>(), value.first_chunk(), value.last_chunk())
    else {
        return None;
    };
    // One load for each end, with a byte of the ids masked out, and one branch for everything.
    let start = (u32::from_le_bytes(*start) ^ u32::from_le_bytes(*b"00-\0"))
        & u32::from_le_bytes([0xff, 0xff, 0xff, 0]);
    let end = (u32::from_le_bytes(*end) ^ u32::from_le_bytes(*b"\0-00"))
        & u32::from_le_bytes([0, 0xff, 0xff, !KNOWN]);
    let middle = (fixed[35] ^ b'-') as u32;
    if value.len() == LEN && start | middle | end == 0 { Some(fixed) } else { None }
}

/// Parses a value of any other form, field by field.
#[cold]
fn parse_any(value: &[u8]) -> Result<TraceContext, ParseError> {
    let Some((fixed, rest)) = value.split_first_chunk::<LEN>() else { return Err(ParseError::Length) };
    if !has_separators(fixed) {
        return Err(ParseError::Separator);
    }
    match (hex::u8_from([fixed[0], fixed[1]]).ok_or(ParseError::Version)?, rest) {
        (0xff, _) => return Err(ParseError::Version),
        (_, []) => {}
        (0, _) => return Err(ParseError::Length),
        (_, [b'-', ..]) => {}
        _ => return Err(ParseError::Separator),
    }
    let trace_id = fixed[3..35].first_chunk().and_then(hex::u128_from).and_then(TraceId::new);
    let span_id = fixed[36..52].first_chunk().and_then(hex::u64_from).and_then(SpanId::new);
    let flags = hex::u8_from([fixed[53], fixed[54]]);
    Ok(TraceContext::new(
        trace_id.ok_or(ParseError::TraceId)?,
        span_id.ok_or(ParseError::SpanId)?,
        TraceFlags::new(flags.ok_or(ParseError::Flags)? & KNOWN),
    ))
}

const fn has_separators(fixed: &[u8; LEN]) -> bool {
    fixed[2] == b'-' && fixed[35] == b'-' && fixed[52] == b'-'
}

/// A formatted `traceparent` value of 55 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent([u8; LEN]);

/// Formats a context as a value of version 00. Flags that are unknown in level 2 are cleared.
///
/// Does not allocate.
#[inline]
pub fn write(context: &TraceContext) -> Traceparent {
    let (mut bytes, mut digits) = ([0; 24], [0; 48]);
    bytes[..16].copy_from_slice(&context.trace_id.to_bytes());
    bytes[16..].copy_from_slice(&context.span_id.to_bytes());
    hex::write(&bytes, &mut digits);
    let mut text = [b'-'; LEN];
    text[..2].copy_from_slice(b"00");
    text[3..35].copy_from_slice(&digits[..32]);
    text[36..52].copy_from_slice(&digits[32..]);
    text[53] = b'0';
    text[54] = b'0' + (context.flags.bits() & KNOWN);
    Traceparent(text)
}

impl Traceparent {
    /// Returns the value as bytes.
    pub const fn as_bytes(&self) -> &[u8; LEN] {
        &self.0
    }

    /// Returns the value as a string slice.
    pub fn as_str(&self) -> &str {
        // Hex digits and dashes only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Traceparent({self})")
    }
}

/// The result of [`peek`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampledFlag {
    /// The sampled flag is set.
    Sampled,
    /// The sampled flag is not set.
    Unsampled,
    /// The value does not look like a `traceparent` of version 00. Call [`parse`] to decide.
    Unclear,
}

/// Returns whether an encoded context is sampled, without parsing it.
///
/// Checks the length, the version, the dashes and the flags, but not the ids. If the ids are malformed, the result
/// may be a decision where [`parse`] returns an error. Use it to skip work for unsampled messages, or if the peer is
/// trusted.
///
/// Does not allocate.
#[inline]
pub const fn peek(value: &[u8]) -> SampledFlag {
    match common(value) {
        Some(fixed) if fixed[54] & TraceFlags::SAMPLED.bits() == 0 => SampledFlag::Unsampled,
        Some(_) => SampledFlag::Sampled,
        None => peek_any(value),
    }
}

/// Returns the sampled flag of a value of version 00 with unknown flags.
#[cold]
const fn peek_any(value: &[u8]) -> SampledFlag {
    let Some(fixed) = value.first_chunk::<LEN>() else { return SampledFlag::Unclear };
    if value.len() != LEN || fixed[0] != b'0' || fixed[1] != b'0' || !has_separators(fixed) {
        return SampledFlag::Unclear;
    }
    match (hex::digit(fixed[53]), hex::digit(fixed[54])) {
        (Some(_), Some(flags)) if flags & TraceFlags::SAMPLED.bits() == 0 => SampledFlag::Unsampled,
        (Some(_), Some(_)) => SampledFlag::Sampled,
        _ => SampledFlag::Unclear,
    }
}
