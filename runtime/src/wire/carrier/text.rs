//! The carrier of text formats: W3C's `traceparent`, with `tracestate` and `baggage` if they are not empty.
//!
//! An empty text means unsampled. `0` means unsampled and not to be sampled again (see [`binary`](super::binary)).

use std::borrow::Cow;

use super::{MAX_BAGGAGE, MAX_TRACESTATE, is_header_text};
use crate::context::{MessageContext, SampledContext, is_provisional, marked_provisional};
use crate::sampling::records_all;
use crate::w3c::{ParseError, traceparent, tracestate};
use crate::wire::Malformed;
use crate::wire::counters::count_malformed;

/// The carrier's name in counters.
pub(super) const FORM: &str = "text";

/// The text in place of a `traceparent` for an unsampled context that is not to be sampled again.
const FINAL_DROP: &str = "0";

/// Returns an unsampled context as text.
pub(super) fn unsampled(context: &MessageContext) -> &'static str {
    if context.is_final_drop() { FINAL_DROP } else { "" }
}

/// Returns the `tracestate` to write for `context`, including our own entry.
pub(super) fn tracestate(context: &SampledContext) -> Option<Cow<'_, str>> {
    let list = match context.tracestate_sent() {
        list if context.context.is_sampled() => list?,
        list => Cow::Owned(marked_provisional(list.as_deref().unwrap_or_default())),
    };
    match list {
        Cow::Borrowed(list) => tracestate::bounded(list, MAX_TRACESTATE),
        Cow::Owned(list) => tracestate::bounded(&list, MAX_TRACESTATE).map(|it| Cow::Owned(it.into_owned())),
    }
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
    if !(context.is_sampled() || records_all() && state.is_some_and(is_provisional)) {
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
