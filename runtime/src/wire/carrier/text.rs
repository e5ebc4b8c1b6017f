//! The carrier of text formats: W3C's `traceparent`, with `tracestate` and `baggage` if they are not empty.
//!
//! An empty text means unsampled. `0` means unsampled and not to be sampled again (see [`binary`](super::binary)).

use std::borrow::Cow;

use super::{MAX_BAGGAGE, MAX_TRACESTATE, is_header_text};
use crate::context::{MessageContext, OUR_MEMBER, SampledContext};
use crate::sampling::records_all;
use crate::w3c::{ParseError, traceparent, tracestate};
use crate::wire::Malformed;
use crate::wire::counters::count_malformed;

/// The carrier's name in counters.
pub(super) const FORM: &str = "text";

/// In the place of a `traceparent`: unsampled, and not to be sampled again.
const FINAL_DROP: &str = "0";

/// Our entry of a `tracestate` where the sender has recorded the unsampled message, and may ask for the trace later.
const PROVISIONAL: &str = "ta=p:1";

/// An unsampled context as text.
pub(super) fn unsampled(context: &MessageContext) -> &'static str {
    if context.is_final_drop() { FINAL_DROP } else { "" }
}

/// The `tracestate` to be written for `context`, our own entry included.
pub(super) fn tracestate(context: &SampledContext) -> Option<Cow<'_, str>> {
    let list = context.tracestate_out(context.hops);
    if !context.context.is_sampled() {
        let list = match list.as_deref().unwrap_or_default() {
            "" => PROVISIONAL.to_owned(),
            list => match list.strip_prefix("ta=") {
                Some(ours) => format!("{PROVISIONAL};{ours}"),
                None => format!("{PROVISIONAL},{list}"),
            },
        };
        return tracestate::bounded(&list, MAX_TRACESTATE).map(|list| Cow::Owned(list.into_owned()));
    }
    match list? {
        Cow::Borrowed(list) => tracestate::bounded(list, MAX_TRACESTATE),
        Cow::Owned(list) => {
            tracestate::bounded(&list, MAX_TRACESTATE).map(|list| Cow::Owned(list.into_owned()))
        }
    }
}

/// The `baggage` to be written for `context`.
pub(super) fn baggage(context: &SampledContext) -> Option<&str> {
    context.baggage.as_deref().filter(|header| header.len() <= MAX_BAGGAGE)
}

/// What these texts carry.
pub(super) fn read(
    parent: &str,
    state: Option<&str>,
    baggage: Option<&str>,
) -> Result<MessageContext, Malformed> {
    match parent {
        "" => return Ok(MessageContext::UNSAMPLED_REMOTE),
        FINAL_DROP => return Ok(MessageContext::FINAL_DROP),
        _ => {}
    }
    let context = traceparent::parse(parent.as_bytes())?;
    let is_provisional = || records_all() && state.is_some_and(is_provisional);
    if !context.is_sampled() && !is_provisional() {
        return Ok(MessageContext::UNSAMPLED_REMOTE);
    }
    let mut sampled = SampledContext::arrived(context);
    let bounded = |list: &str| if list.len() > MAX_TRACESTATE { Err(ParseError::Length) } else { Ok(()) };
    match state.map(|list| bounded(list).and_then(|()| tracestate::parse(list.as_bytes()))) {
        Some(Ok(Some(list))) => sampled.set_tracestate(&list),
        Some(Err(_)) => count_malformed(FORM, Malformed::Extra),
        Some(Ok(None)) | None => {}
    }
    match baggage.filter(|list| !list.is_empty()) {
        Some(list) if list.len() <= MAX_BAGGAGE && is_header_text(list.as_bytes()) => {
            sampled.baggage = Some(list.into());
        }
        Some(_) => count_malformed(FORM, Malformed::Extra),
        None => {}
    }
    Ok(MessageContext::sampled(sampled))
}

/// Returns whether a `tracestate` says that its sender has recorded the unsampled message.
fn is_provisional(list: &str) -> bool {
    let ours = list.split(',').find_map(|entry| entry.trim().strip_prefix(OUR_MEMBER)?.strip_prefix('='));
    ours.is_some_and(|ours| ours.split(';').any(|part| part == "p:1"))
}

/// Reads a `traceparent` of version 00. Returns `None` for any other text.
#[inline]
pub fn read_traceparent(parent: &[u8; traceparent::LEN]) -> Option<MessageContext> {
    traceparent::parse_common(parent).map(MessageContext::arrived)
}

/// Returns whether a `traceparent` is sampled, or `None` if it is not a `traceparent`.
///
/// If the sampled flag is set, the ids are checked as well, and a malformed value counts as not sampled.
#[inline]
pub fn peek(parent: &[u8; traceparent::LEN]) -> Option<bool> {
    match traceparent::peek(parent) {
        traceparent::SampledFlag::Sampled => traceparent::parse(parent).ok().map(|_| true),
        traceparent::SampledFlag::Unsampled => Some(false),
        traceparent::SampledFlag::Unclear => None,
    }
}
