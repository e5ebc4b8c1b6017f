//! The carrier of text formats: W3C's `traceparent`, with `tracestate` and `baggage` if they are not empty.
//!
//! An empty text means unsampled. `0` means unsampled and not to be sampled again (see [`binary`](super::binary)).

use std::borrow::Cow;

use super::{MAX_BAGGAGE, MAX_TRACESTATE, is_header_text};
use crate::context::{MessageContext, OUR_MEMBER, SampledContext, our_entry};
use crate::sampling::records_all;
use crate::w3c::{ParseError, traceparent, tracestate};
use crate::wire::Malformed;
use crate::wire::counters::count_malformed;

/// The carrier's name in counters.
pub(super) const FORM: &str = "text";

/// The text in place of a `traceparent` for an unsampled context that is not to be sampled again.
const FINAL_DROP: &str = "0";

/// The part of our `tracestate` entry that marks an unsampled message as recorded.
///
/// The sender may request the trace later.
const PROVISIONAL: &str = "p:1";

/// Returns an unsampled context as text.
pub(super) fn unsampled(context: &MessageContext) -> &'static str {
    if context.is_final_drop() { FINAL_DROP } else { "" }
}

/// Returns the `tracestate` to write for `context`, including our own entry.
pub(super) fn tracestate(context: &SampledContext) -> Option<Cow<'_, str>> {
    let list = context.tracestate_sent();
    let list = if context.context.is_sampled() {
        list?
    } else {
        Cow::Owned(marked_provisional(list.as_deref().unwrap_or_default()))
    };
    match list {
        Cow::Borrowed(list) => tracestate::bounded(list, MAX_TRACESTATE),
        Cow::Owned(list) => {
            tracestate::bounded(&list, MAX_TRACESTATE).map(|list| Cow::Owned(list.into_owned()))
        }
    }
}

/// Returns the list with the mark in our entry, which is its first.
fn marked_provisional(list: &str) -> String {
    if let Some(ours) = list.strip_prefix(OUR_MEMBER).and_then(|rest| rest.strip_prefix('=')) {
        return format!("{OUR_MEMBER}={PROVISIONAL};{ours}");
    }
    let mut marked = format!("{OUR_MEMBER}={PROVISIONAL}");
    for other in list.split(',').filter(|other| !other.is_empty()).take(tracestate::MAX_MEMBERS - 1) {
        marked.extend([",", other]);
    }
    marked
}

/// Returns the `baggage` to write for `context`.
pub(super) fn baggage(context: &SampledContext) -> Option<&str> {
    context.baggage.as_deref().filter(|header| header.len() <= MAX_BAGGAGE)
}

/// Reads the context from these texts.
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
    our_entry(list).is_some_and(|ours| ours.split(';').any(|part| part == PROVISIONAL))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{TraceContext, TraceFlags, new_span_id, new_trace_id};

    #[test]
    fn an_unsampled_context_is_marked_in_our_entry_and_the_list_stays_within_its_limit() {
        let write = |came: &str| {
            let ids = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::NONE);
            let mut context = SampledContext::new(ids);
            context.set_tracestate(came);
            let written = tracestate(&context).unwrap().into_owned();
            assert!(is_provisional(&written), "{written}");
            assert!(tracestate::parse(written.as_bytes()).is_ok(), "{written}");
            written
        };
        assert_eq!(write(""), "ta=p:1");
        assert_eq!(write("a=1"), "ta=p:1,a=1");
        assert_eq!(write("a=1,ta=w:0.5;h:3"), "ta=p:1;w:0.5;h:3,a=1");
        let many: Vec<String> = (0..tracestate::MAX_MEMBERS).map(|key| format!("k{key}=v")).collect();
        assert_eq!(write(&many.join(",")), format!("ta=p:1,{}", many[..31].join(",")));
    }
}
