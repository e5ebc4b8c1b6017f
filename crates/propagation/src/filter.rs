//! The flag filter: an encoded context is decoded only where it is sampled.

use super::ParseError;
use super::traceparent::{self, SampledFlag};
use traced_actor::context::{MessageContext, SampledContext, TraceContext};

/// What a message carries that came with this `traceparent`.
///
/// Where it is not sampled only that is kept, and it is not decoded: see [`peek`](traceparent::peek) for what is
/// not looked at then.
///
/// Cost: about 1 ns for what is not sampled; decoding and an allocation otherwise.
///
/// # Errors
///
/// As [`traceparent::parse`]. The message goes on without a context.
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
        SampledFlag::Sampled | SampledFlag::Unclear => decode(value).map(|(carried, _)| carried),
    }
}

/// As [`filter`], with the ids of what is not sampled given back, for log lines.
///
/// Cost: about 10 ns for what is not sampled, and no allocation.
///
/// # Errors
///
/// As [`traceparent::parse`].
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
