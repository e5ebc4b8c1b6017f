//! AWS's header [`X-Amzn-Trace-Id`][aws].
//!
//! ```text
//! X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5
//!                       │ └ the 8 and 24 digits together are the trace id
//!                       └ version
//! ```
//!
//! The fields may be in any order. Unknown fields are passed on, up to 256 bytes.
//!
//! [aws]: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

use std::borrow::Cow;

use super::parsed::{Outgoing, ParsedContext, SamplingFlag};
use super::{ParseError, hex, tracestate};
use crate::carrier::{ReadCarrier, Single, WriteCarrier, trim};
use traced_actor::context::{SpanId, TraceId};

/// The name of the header.
pub const HEADER: &str = "x-amzn-trace-id";

/// The key of our `tracestate` member for unknown fields. The first `=` of each is written as `:`.
const OTHERS: &str = "ta-xray";
/// The maximum length of a header that is read, in bytes.
const MAX: usize = 1024;

/// Parses the header.
///
/// A header with a root and no parent, such as one that a load balancer adds, names no span to continue. Only its
/// sampling decision is used.
///
/// # Errors
///
/// Returns the first error. `Root` is required. A known field may occur only once.
pub fn parse(value: &[u8]) -> Result<ParsedContext<'static>, ParseError> {
    if value.len() > MAX {
        return Err(ParseError::Length);
    }
    let (mut root, mut parent, mut sampled) = (None, None, None);
    let mut others = String::new();
    for field in value.split(|byte| *byte == b';').map(trim).filter(|field| !field.is_empty()) {
        let equals = field.iter().position(|byte| *byte == b'=').ok_or(ParseError::Separator)?;
        let (name, value) = (&field[..equals], &field[equals + 1..]);
        let place = match name {
            b"Root" => &mut root,
            b"Parent" => &mut parent,
            b"Sampled" => &mut sampled,
            _ => {
                keep(&mut others, name, value);
                continue;
            }
        };
        if place.replace(value).is_some() {
            return Err(ParseError::Field);
        }
    }
    let trace_id = trace_id(root.ok_or(ParseError::Field)?).ok_or(ParseError::TraceId)?;
    let flag = match sampled {
        None | Some(b"?") => SamplingFlag::Open,
        Some(b"1") => SamplingFlag::Sampled,
        Some(b"0") => SamplingFlag::Unsampled,
        Some(_) => return Err(ParseError::Flags),
    };
    let Some(parent) = parent else { return Ok(ParsedContext::flag(flag)) };
    let span_id = if parent.len() == 16 { parent.first_chunk().and_then(hex::u64_from) } else { None };
    let span_id = span_id.and_then(SpanId::new).ok_or(ParseError::SpanId)?;
    let tracestate = (!others.is_empty()).then(|| Cow::Owned(format!("{OTHERS}={others}")));
    Ok(ParsedContext { tracestate, ..ParsedContext::ids(trace_id, span_id, flag) })
}

/// Reads the header of a carrier. Returns `None` if it is missing.
pub(crate) fn read(carrier: &dyn ReadCarrier) -> Result<Option<ParsedContext<'static>>, ParseError> {
    match carrier.single(HEADER) {
        Single::None => Ok(None),
        Single::Several => Err(ParseError::Several),
        Single::One(value) => parse(value).map(Some),
    }
}

/// Writes the header. Allocates only if there are fields to pass on.
pub(crate) fn write(outgoing: &Outgoing<'_>, carrier: &mut dyn WriteCarrier) {
    let mut text = *b"Root=1-........-........................;Parent=................;Sampled=0";
    let trace_id = hex::from_u128(outgoing.context.trace_id.get());
    text[7..15].copy_from_slice(&trace_id[..8]);
    text[16..40].copy_from_slice(&trace_id[8..]);
    text[48..64].copy_from_slice(&hex::from_u64(outgoing.context.span_id.get()));
    text[73] += u8::from(outgoing.context.is_sampled());
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let Some(others) = outgoing.tracestate.as_deref().and_then(|list| tracestate::get(list, OTHERS)) else {
        return carrier.set(HEADER, text);
    };
    let mut text = text.to_owned();
    for (name, value) in others.split(';').filter_map(|other| other.split_once(':')) {
        // The author of the `tracestate` is not known, so no field may occur twice.
        if !matches!(name, "Root" | "Parent" | "Sampled") {
            text.extend([";", name, "=", value]);
        }
    }
    carrier.set(HEADER, &text);
}

/// Adds an unknown field, if a `tracestate` can hold it.
fn keep(others: &mut String, name: &[u8], value: &[u8]) {
    let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) else { return };
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b',' | b'=');
    let fits = others.len() + name.len() + value.len() + 2 <= tracestate::MAX_PART;
    if fits
        && !name.is_empty()
        && name.bytes().all(|byte| allowed(byte) && byte != b':')
        && value.bytes().all(allowed)
    {
        if !others.is_empty() {
            others.push(';');
        }
        others.extend([name, ":", value]);
    }
}

/// Parses `1-5759e988-bd862e3fe1be46a994272793`.
fn trace_id(root: &[u8]) -> Option<TraceId> {
    let root = root.first_chunk::<35>().filter(|whole| whole.len() == root.len())?;
    let [b'1', b'-', digits @ ..] = root else { return None };
    let mut id = [0; 32];
    let (time, rest) = (&digits[..8], &digits[8..]);
    let [b'-', rest @ ..] = rest else { return None };
    id[..8].copy_from_slice(time);
    id[8..].copy_from_slice(rest);
    TraceId::new(hex::u128_from(&id)?)
}
