//! `tracestate` in a carrier: what each system that took part in the trace has to say, as a list ([W3C Trace Context level
//! 2][w3c]). The rules of the list are those of [`traced_actor::w3c::tracestate`].
//!
//! [w3c]: https://www.w3.org/TR/trace-context-2/#tracestate-header

use std::borrow::Cow;

use traced_actor::w3c::ParseError;
pub use traced_actor::w3c::tracestate::{
    HEADER, LONG_MEMBER, MAX_MEMBERS, MAX_PART, bounded, members, parse,
};
pub(crate) use traced_actor::w3c::tracestate::{OUR_MEMBER, get, without, without_threshold};

use crate::carrier::ReadCarrier;

/// Longer headers are not looked at: 32 members of the greatest length, and as much again for spaces.
const MAX_RAW: usize = 2 * MAX_MEMBERS * (2 * MAX_PART + 2);

/// The list in a carrier, over all headers of the name; `None` where there is none, or nothing in it.
///
/// Copies only where the list came in several headers, or with spaces or empty members.
///
/// # Errors
///
/// [`ParseError::Length`], [`ParseError::Member`] or [`ParseError::Members`]; then the list is as if it were not there.
pub fn read(carrier: &(impl ReadCarrier + ?Sized)) -> Result<Option<Cow<'_, str>>, ParseError> {
    match carrier.combined(HEADER, MAX_RAW).map_err(|_| ParseError::Length)? {
        None => Ok(None),
        Some(Cow::Borrowed(list)) => parse(list),
        Some(Cow::Owned(list)) => Ok(parse(&list)?.map(|list| Cow::Owned(list.into_owned()))),
    }
}
