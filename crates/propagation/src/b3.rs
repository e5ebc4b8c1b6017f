//! Zipkin's [B3][b3] headers, in the single and in the multiple form.
//!
//! ```text
//! b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90
//!     trace id (16 or 32)              span id (16)     │ parent's span id, may be missing
//!                                                       └ 1, 0, d (debug), or missing: the receiver decides
//! b3: 0
//! ```
//!
//! [b3]: https://github.com/openzipkin/b3-propagation

use super::parsed::{Outgoing, ParsedContext, SamplingFlag};
use super::{ParseError, hex};
use crate::carrier::{ReadCarrier, Single, WriteCarrier};
use traced_actor::context::{SpanId, TraceId};

/// The name of the single header.
pub const HEADER: &str = "b3";
/// The names of the multiple headers.
pub const MULTI: [&str; 5] = [TRACE_ID, SPAN_ID, PARENT, SAMPLED, FLAGS];

const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const PARENT: &str = "x-b3-parentspanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

/// Parses the single header. Trace ids of 16 digits are padded with zeros on the left.
///
/// # Errors
///
/// Returns the first error. The parent's span id must be valid, but is not used.
pub fn parse(value: &[u8]) -> Result<ParsedContext<'static>, ParseError> {
    if let Some(flag) = flag(value) {
        return Ok(ParsedContext::flag(flag));
    }
    let mut fields = value.split(|byte| *byte == b'-');
    let trace_id = trace_id(fields.next().unwrap_or_default())?;
    let span_id = span_id(fields.next().ok_or(ParseError::Length)?)?;
    let flag = match fields.next() {
        None => SamplingFlag::Open,
        Some(state) => flag(state).ok_or(ParseError::Flags)?,
    };
    if let Some(parent) = fields.next() {
        self::span_id(parent)?;
    }
    if fields.next().is_some() {
        return Err(ParseError::Length);
    }
    Ok(ParsedContext::ids(trace_id, span_id, flag))
}

/// Reads the single header of a carrier. Returns `None` if it is missing.
pub(crate) fn read(carrier: &dyn ReadCarrier) -> Result<Option<ParsedContext<'static>>, ParseError> {
    match carrier.single(HEADER) {
        Single::None => Ok(None),
        Single::Several => Err(ParseError::Several),
        Single::One(value) => parse(value).map(Some),
    }
}

/// Reads the multiple headers of a carrier. Returns `None` if there are neither ids nor a decision.
///
/// The first value of each header is used. An empty header is malformed, and so is one id without the other.
/// `X-B3-Flags: 1` forces a trace. Other flags are ignored.
pub(crate) fn read_multi(carrier: &dyn ReadCarrier) -> Result<Option<ParsedContext<'static>>, ParseError> {
    let forced = first(carrier, FLAGS) == Some(b"1");
    let flag = match first(carrier, SAMPLED) {
        _ if forced => SamplingFlag::Forced,
        None => SamplingFlag::Open,
        Some(b"1") => SamplingFlag::Sampled,
        Some(b"0") => SamplingFlag::Unsampled,
        Some(word) if word.eq_ignore_ascii_case(b"true") => SamplingFlag::Sampled,
        Some(word) if word.eq_ignore_ascii_case(b"false") => SamplingFlag::Unsampled,
        Some(_) => return Err(ParseError::Flags),
    };
    match (first(carrier, TRACE_ID), first(carrier, SPAN_ID)) {
        (None, None) if flag == SamplingFlag::Open => Ok(None),
        (None, None) => Ok(Some(ParsedContext::flag(flag))),
        (Some(trace), Some(span)) => Ok(Some(ParsedContext::ids(trace_id(trace)?, span_id(span)?, flag))),
        _ => Err(ParseError::Field),
    }
}

/// Writes the single header. Like OpenTelemetry, it does not write the parent's span id.
pub(crate) fn write(outgoing: &Outgoing<'_>, carrier: &mut dyn WriteCarrier) {
    const LEN: usize = 32 + 1 + 16 + 2;
    let mut text = [b'-'; LEN];
    text[..32].copy_from_slice(&hex::from_u128(outgoing.context.trace_id.get()));
    text[33..49].copy_from_slice(&hex::from_u64(outgoing.context.span_id.get()));
    text[50] = match outgoing.context.is_sampled() {
        true if outgoing.is_debug() => b'd',
        true => b'1',
        false => b'0',
    };
    carrier.set(HEADER, std::str::from_utf8(&text).unwrap_or_default());
}

/// Writes the multiple headers.
pub(crate) fn write_multi(outgoing: &Outgoing<'_>, carrier: &mut dyn WriteCarrier) {
    let (trace_id, span_id) = (outgoing.context.trace_id.get(), outgoing.context.span_id.get());
    carrier.set(TRACE_ID, std::str::from_utf8(&hex::from_u128(trace_id)).unwrap_or_default());
    carrier.set(SPAN_ID, std::str::from_utf8(&hex::from_u64(span_id)).unwrap_or_default());
    carrier.unset(PARENT);
    if outgoing.is_debug() {
        // Debug implies sampled, so writing both would be redundant.
        carrier.set(FLAGS, "1");
        carrier.unset(SAMPLED);
    } else {
        carrier.unset(FLAGS);
        carrier.set(SAMPLED, if outgoing.context.is_sampled() { "1" } else { "0" });
    }
}

fn first<'a>(carrier: &'a dyn ReadCarrier, name: &str) -> Option<&'a [u8]> {
    let mut found = None;
    carrier.visit_values(name, &mut |value| {
        found.get_or_insert(crate::carrier::trim(value));
    });
    found
}

fn flag(state: &[u8]) -> Option<SamplingFlag> {
    match state {
        b"0" => Some(SamplingFlag::Unsampled),
        b"1" => Some(SamplingFlag::Sampled),
        b"d" => Some(SamplingFlag::Forced),
        _ => None,
    }
}

fn trace_id(digits: &[u8]) -> Result<TraceId, ParseError> {
    let value = match digits.len() {
        16 => digits.first_chunk().and_then(hex::u64_from).map(u128::from),
        32 => digits.first_chunk().and_then(hex::u128_from),
        _ => None,
    };
    value.and_then(TraceId::new).ok_or(ParseError::TraceId)
}

fn span_id(digits: &[u8]) -> Result<SpanId, ParseError> {
    let value = if digits.len() == 16 { digits.first_chunk().and_then(hex::u64_from) } else { None };
    value.and_then(SpanId::new).ok_or(ParseError::SpanId)
}
