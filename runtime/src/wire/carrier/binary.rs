//! The carrier of binary formats: a byte string of 26 bytes and optional extras.
//!
//! ```text
//! version 0 | flags | trace id, 16 bytes | span id, 8 bytes | extras: (tag | length, LEB128 | value)*
//! ```
//!
//! An empty string means unsampled. A string with only the version means unsampled and not to be sampled again: an
//! earlier fan-out did not select this path, and its selected recipients stand for it. A later version may only add
//! extras, so that this version can still read it. Unknown extras are skipped. The time of the send is not included,
//! since the clocks of two machines differ.

use std::borrow::Cow;

use super::{MAX_BAGGAGE, MAX_TRACESTATE, is_header_text, or_absent};
use crate::context::{
    ContextState, MessageContext, SampledContext, SpanId, TraceContext, TraceFlags, TraceId, is_probability,
};
use crate::sampling::records_all;
use crate::w3c::tracestate;
use crate::wire::Malformed;
use crate::wire::counters::count_malformed;

/// The length of the version, the flags and the ids.
pub(super) const FIXED: usize = 26;
/// The carrier's name in counters.
pub(super) const FORM: &str = "binary";

const VERSION: u8 = 0;
/// The invalid version, as in a `traceparent`.
const NO_VERSION: u8 = 0xff;

/// The numbers of the extras. A number is never given another meaning.
mod extra {
    pub(super) const TRACESTATE: u8 = 1;
    pub(super) const BAGGAGE: u8 = 2;
    /// An `f64`, little endian. Empty for a probability of 1.
    pub(super) const PROBABILITY: u8 = 3;
    /// A `u16`, little endian.
    pub(super) const HOPS: u8 = 4;
    /// Present if a fan-out selected this message out of several.
    pub(super) const SELECTED: u8 = 5;
    /// An `f32`, little endian: the part of the probability that is independent of the trace id's randomness. 1 is
    /// omitted.
    pub(super) const FANOUT_PROBABILITY: u8 = 6;
    /// Present if the sender has recorded the unsampled message, and may request the trace later.
    pub(super) const PROVISIONAL: u8 = 7;
}

/// Encodes a context as bytes.
pub fn write(context: &MessageContext) -> Cow<'static, [u8]> {
    match context.state() {
        ContextState::Sampled(context) => Cow::Owned(write_sampled(context)),
        _ if context.is_final_drop() => Cow::Borrowed(&[VERSION]),
        _ => Cow::Borrowed(&[]),
    }
}

/// Encodes a sampled `context` as bytes.
fn write_sampled(context: &SampledContext) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FIXED + 16);
    let TraceContext { trace_id, span_id, flags } = context.context;
    bytes.extend([VERSION, flags.bits()]);
    bytes.extend(trace_id.to_bytes());
    bytes.extend(span_id.to_bytes());
    match context.probability {
        Some(certain) if certain >= 1.0 => push(&mut bytes, extra::PROBABILITY, &[]),
        Some(probability) => push(&mut bytes, extra::PROBABILITY, &probability.to_le_bytes()),
        None => {}
    }
    if context.fanout_probability < 1.0 {
        push(&mut bytes, extra::FANOUT_PROBABILITY, &context.fanout_probability.to_le_bytes());
    }
    if context.hops > 0 {
        push(&mut bytes, extra::HOPS, &context.hops.to_le_bytes());
    }
    if context.selected {
        push(&mut bytes, extra::SELECTED, &[]);
    }
    if !context.context.is_sampled() {
        push(&mut bytes, extra::PROVISIONAL, &[]);
    }
    let list = context.tracestate.as_deref();
    if let Some(list) = list.and_then(|list| tracestate::bounded(list, MAX_TRACESTATE)) {
        push(&mut bytes, extra::TRACESTATE, list.as_bytes());
    }
    if let Some(baggage) = context.baggage.as_deref().filter(|text| text.len() <= MAX_BAGGAGE) {
        push(&mut bytes, extra::BAGGAGE, baggage.as_bytes());
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, tag: u8, value: &[u8]) {
    bytes.push(tag);
    push_value(bytes, value);
}

/// Appends the length of `value` in LEB128, and then `value`.
pub fn push_value(bytes: &mut Vec<u8>, value: &[u8]) {
    let mut length = value.len();
    while length >= 0x80 {
        bytes.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    bytes.push(length.to_le_bytes()[0]);
    bytes.extend(value);
}

/// Decodes a context. A malformed one is counted and becomes an absent context.
#[inline]
pub fn read(bytes: &[u8]) -> MessageContext {
    // The most common forms: unsampled, or without extras.
    if bytes.is_empty() {
        MessageContext::UNSAMPLED_REMOTE
    } else if let Ok(fixed) = bytes.try_into()
        && let Ok(context) = context(fixed)
    {
        MessageContext::arrived(context)
    } else {
        or_absent(FORM, read_any(bytes))
    }
}

/// Decodes all other forms.
#[inline(never)]
fn read_any(bytes: &[u8]) -> Result<MessageContext, Malformed> {
    if bytes == [VERSION] {
        return Ok(MessageContext::FINAL_DROP);
    }
    let Some((fixed, extras)) = bytes.split_first_chunk() else { return Err(Malformed::Length) };
    let context = context(fixed)?;
    if !context.is_sampled() && !records_all() {
        return Ok(MessageContext::UNSAMPLED_REMOTE);
    }
    let mut sampled = SampledContext::arrived(context);
    let mut provisional = false;
    if read_extras(extras, &mut sampled, &mut provisional).is_none() {
        count_malformed(FORM, Malformed::Extra);
    }
    if !context.is_sampled() && !provisional {
        return Ok(MessageContext::UNSAMPLED_REMOTE);
    }
    Ok(MessageContext::sampled(sampled))
}

#[inline]
fn context(fixed: &[u8; FIXED]) -> Result<TraceContext, Malformed> {
    let [version, flags, ids @ ..] = fixed;
    if *version == NO_VERSION {
        return Err(Malformed::Version);
    }
    let (trace_id, span_id) = ids.split_at(16);
    let trace_id = trace_id.try_into().ok().and_then(TraceId::from_bytes).ok_or(Malformed::TraceId)?;
    let span_id = span_id.try_into().ok().and_then(SpanId::from_bytes).ok_or(Malformed::SpanId)?;
    Ok(TraceContext::new(trace_id, span_id, TraceFlags::new(*flags)))
}

/// Returns whether the bytes are a sampled context, or `None` if they are malformed. See [`read`].
#[inline]
pub fn peek(bytes: &[u8]) -> Option<bool> {
    match bytes {
        // Only a version: a final drop.
        [] | [VERSION] => Some(false),
        bytes => Some(context(bytes.first_chunk()?).ok()?.is_sampled()),
    }
}

/// Reads the extras, and returns `None` if one is invalid.
///
/// Extras before an invalid one are used, and also those after it if its end is known.
fn read_extras(mut rest: &[u8], context: &mut SampledContext, provisional: &mut bool) -> Option<()> {
    let mut all_good = Some(());
    while let Some((tag, after)) = rest.split_first() {
        let (length, after) = read_length(after)?;
        let (value, after) = after.split_at_checked(length)?;
        *provisional |= *tag == extra::PROVISIONAL;
        all_good = all_good.and(read_extra(*tag, value, context));
        rest = after;
    }
    all_good
}

fn read_extra(tag: u8, value: &[u8], context: &mut SampledContext) -> Option<()> {
    match tag {
        extra::TRACESTATE if value.len() > MAX_TRACESTATE => return None,
        extra::TRACESTATE => context.tracestate = tracestate::parse(value).ok()?.map(Into::into),
        extra::BAGGAGE => context.baggage = Some(baggage(value)?.into()),
        extra::PROBABILITY if value.is_empty() => context.probability = Some(1.0),
        extra::PROBABILITY => {
            let probability = f64::from_le_bytes(value.try_into().ok()?);
            context.probability = Some(Some(probability).filter(|chance| is_probability(*chance))?);
        }
        extra::HOPS => context.hops = u16::from_le_bytes(value.try_into().ok()?),
        extra::SELECTED => context.selected = true,
        extra::FANOUT_PROBABILITY => {
            let part = f32::from_le_bytes(value.try_into().ok()?);
            context.fanout_probability = Some(part).filter(|part| is_probability(f64::from(*part)))?;
        }
        _ => {}
    }
    Some(())
}

fn baggage(value: &[u8]) -> Option<&str> {
    if value.is_empty() || value.len() > MAX_BAGGAGE || !is_header_text(value) {
        return None;
    }
    std::str::from_utf8(value).ok()
}

/// Reads a length in LEB128, and returns it with the rest of the bytes.
///
/// A length has at most two bytes, so that it is at most 16,383.
pub fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [low @ 0..0x80, rest @ ..] => Some((usize::from(*low), rest)),
        [low, high @ 0..0x80, rest @ ..] => Some((usize::from(*low & 0x7f) | usize::from(*high) << 7, rest)),
        _ => None,
    }
}
