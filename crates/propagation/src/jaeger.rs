//! Jaeger's own header [`uber-trace-id`][jaeger], with baggage in headers that begin with `uberctx-`.
//!
//! ```text
//! uber-trace-id: 5af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1
//!                trace id (1 to 32)               span id (1 to 16)│ └ flags, hex: 1 sampled, 3 debug
//!                                                                  └ parent's span id: not used, written as 0
//! ```
//!
//! [jaeger]: https://www.jaegertracing.io/sdk-migration/#propagation-format

use super::parsed::{Outgoing, ParsedContext, SamplingFlag};
use super::{ParseError, baggage, hex};
use crate::carrier::{ReadCarrier, Single, WriteCarrier, has_prefix, trim};
use traced_actor::context::{SpanId, TraceId};

/// The name of the header.
pub const HEADER: &str = "uber-trace-id";
/// The name of the header that forces a trace if there is no context.
pub const DEBUG_ID: &str = "jaeger-debug-id";
/// The prefix of baggage headers.
pub const BAGGAGE_PREFIX: &str = "uberctx-";

/// The name of the header for baggage as `key=value, key=value`, for requests written by hand.
pub const BAGGAGE: &str = "jaeger-baggage";

const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

/// Parses the header. Its colons may be URL-encoded (`%3A`), and its digits may be in either case.
///
/// Ids with fewer digits are padded with zeros on the left.
///
/// # Errors
///
/// Returns the first error. Only the length of the parent's span id is checked.
pub fn parse(value: &[u8]) -> Result<ParsedContext<'static>, ParseError> {
    // Longer than all four fields with encoded colons. Not parsed.
    if value.len() > 32 + 16 + 16 + 2 + 3 * 3 {
        return Err(ParseError::Length);
    }
    let (trace, rest) = field(value).ok_or(ParseError::Separator)?;
    let (span, rest) = field(rest).ok_or(ParseError::Separator)?;
    let (parent, flags) = field(rest).ok_or(ParseError::Separator)?;
    let trace_id = hex::padded(trace).and_then(TraceId::new).ok_or(ParseError::TraceId)?;
    let span_id = narrow(span, 16).and_then(SpanId::new).ok_or(ParseError::SpanId)?;
    if parent.len() > 16 {
        return Err(ParseError::Field);
    }
    let flags = narrow(flags, 2).ok_or(ParseError::Flags)?.to_be_bytes()[7];
    let flag = match flags {
        // Debug only applies to a sampled trace. Alone it is ignored.
        flags if flags & SAMPLED == 0 => SamplingFlag::Unsampled,
        flags if flags & DEBUG != 0 => SamplingFlag::Forced,
        _ => SamplingFlag::Sampled,
    };
    Ok(ParsedContext::ids(trace_id, span_id, flag))
}

/// Reads the header of a carrier, or `jaeger-debug-id` if that is missing.
pub(crate) fn read(carrier: &dyn ReadCarrier) -> Result<Option<ParsedContext<'static>>, ParseError> {
    match carrier.single(HEADER) {
        Single::One(value) => parse(value).map(Some),
        Single::Several => Err(ParseError::Several),
        Single::None => match carrier.single(DEBUG_ID) {
            Single::None => Ok(None),
            Single::One(_) | Single::Several => Ok(Some(ParsedContext::flag(SamplingFlag::Forced))),
        },
    }
}

/// Reads the baggage in `uberctx-…` headers and in [`BAGGAGE`], as a list like W3C's.
///
/// Keeps whole members within the limits of W3C's list.
pub(crate) fn read_baggage(carrier: &dyn ReadCarrier) -> Option<String> {
    let mut list = baggage::List::default();
    let mut names = 0;
    carrier.visit_names(&mut |name| {
        if !has_prefix(name, BAGGAGE_PREFIX) {
            return;
        }
        // Each name is looked up among all headers, so the number of lookups is limited.
        names += 1;
        if names <= baggage::MAX_MEMBERS
            && let Single::One(value) = carrier.single(name)
        {
            list.push(&name[BAGGAGE_PREFIX.len()..], &baggage::decode(value), "");
        }
    });
    let by_hand = carrier.combined(BAGGAGE, baggage::MAX_BYTES).ok().flatten().unwrap_or_default();
    for member in by_hand.split(|byte| *byte == b',') {
        if let Some(equals) = member.iter().position(|byte| *byte == b'=')
            && let Ok(key) = std::str::from_utf8(trim(&member[..equals]))
        {
            list.push(key, &baggage::decode(trim(&member[equals + 1..])), "");
        }
    }
    list.into_header()
}

/// Writes the header, and the baggage as separate headers.
pub(crate) fn write(outgoing: &Outgoing<'_>, carrier: &mut dyn WriteCarrier) {
    const LEN: usize = 32 + 1 + 16 + 4;
    let mut text = [b':'; LEN];
    text[..32].copy_from_slice(&hex::from_u128(outgoing.context.trace_id.get()));
    text[33..49].copy_from_slice(&hex::from_u64(outgoing.context.span_id.get()));
    text[50] = b'0';
    text[52] = match outgoing.context.is_sampled() {
        true if outgoing.is_debug() => b'0' + SAMPLED + DEBUG,
        true => b'0' + SAMPLED,
        false => b'0',
    };
    carrier.set(HEADER, std::str::from_utf8(&text).unwrap_or_default());
    outgoing.baggage.into_iter().for_each(|list| write_baggage(list, carrier));
}

/// Writes a list like W3C's as separate headers.
pub(crate) fn write_baggage(list: &str, carrier: &mut dyn WriteCarrier) {
    for member in baggage::members(list) {
        // A key is a token, so it may be part of a header's name.
        carrier.set(&format!("{BAGGAGE_PREFIX}{}", member.key()), member.encoded());
    }
}

/// Returns the text before the next colon, and the text after it.
fn field(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = value.iter().position(|byte| matches!(byte, b':' | b'%'))?;
    let (field, rest) = value.split_at(at);
    let ([b':', rest @ ..] | [b'%', b'3', b'A' | b'a', rest @ ..]) = rest else { return None };
    Some((field, rest))
}

fn narrow(digits: &[u8], max: usize) -> Option<u64> {
    if digits.len() > max { None } else { hex::padded(digits).and_then(|value| u64::try_from(value).ok()) }
}
