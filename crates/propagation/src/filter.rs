//! Decodes an encoded context only if it is sampled.

use super::ParseError;
use super::traceparent::{self, SampledFlag};
use traced_actor::context::{MessageContext, SampledContext, TraceContext};

/// Returns the context for a message that arrived with this `traceparent`.
///
/// An unsampled header is not decoded, and only its state is kept. [`peek`](traceparent::peek) lists what is not
/// checked. A sampled header is decoded, with one allocation.
///
/// # Errors
///
/// Returns the errors of [`traceparent::parse`]. The message continues without a context.
///
/// ```
/// use traced_actor_propagation::filter;
///
/// let unsampled = filter(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")?;
/// assert!(unsampled.is_unsampled());
/// # Ok::<(), traced_actor_propagation::ParseError>(())
/// ```
#[inline]
pub fn filter(value: &[u8]) -> Result<MessageContext, ParseError> {
    match traceparent::peek(value) {
        SampledFlag::Unsampled => Ok(MessageContext::UNSAMPLED_REMOTE),
        SampledFlag::Sampled | SampledFlag::Unclear => decode(value).map(|(context, _)| context),
    }
}

/// Returns the context like [`filter`], and the ids even if it is unsampled, for log lines.
///
/// An unsampled header costs no allocation.
///
/// # Errors
///
/// Returns the errors of [`traceparent::parse`].
pub fn filter_keeping_ids(value: &[u8]) -> Result<(MessageContext, TraceContext), ParseError> {
    decode(value)
}

#[inline(never)]
fn decode(value: &[u8]) -> Result<(MessageContext, TraceContext), ParseError> {
    let context = traceparent::parse(value)?;
    if !context.is_sampled() {
        return Ok((MessageContext::UNSAMPLED_REMOTE, context));
    }
    let mut sampled = SampledContext::new(context);
    sampled.remote = true;
    Ok((sampled.into(), context))
}
