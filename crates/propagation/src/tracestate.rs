//! The `tracestate` header in a carrier: a list of values of the systems in a trace ([W3C, level 2][w3c]).
//!
//! The rules of the list are those of [`traced_actor::w3c::tracestate`].
//!
//! [w3c]: https://www.w3.org/TR/trace-context-2/#tracestate-header

use std::borrow::Cow;

use traced_actor::w3c::ParseError;
pub use traced_actor::w3c::tracestate::{
    HEADER, LONG_MEMBER, MAX_MEMBERS, MAX_PART, bounded, members, parse,
};
pub(crate) use traced_actor::w3c::tracestate::{
    OUR_MEMBER, get, is_provisional, marked_provisional, without, without_threshold,
};

use crate::carrier::ReadCarrier;

/// The maximum length of headers that are read: 32 members of maximum length, and as much again for spaces.
const MAX_RAW: usize = 2 * MAX_MEMBERS * (2 * MAX_PART + 2);

/// Reads the list from all headers of the name. Returns `None` if there is none, or if it is empty.
///
/// It copies only if the list has several headers, spaces or empty members.
///
/// # Errors
///
/// Returns [`ParseError::Length`], [`ParseError::Member`] or [`ParseError::Members`]. Treat the list as absent in this
/// case.
pub fn read(carrier: &(impl ReadCarrier + ?Sized)) -> Result<Option<Cow<'_, str>>, ParseError> {
    match carrier.combined(HEADER, MAX_RAW).map_err(|_| ParseError::Length)? {
        None => Ok(None),
        Some(Cow::Borrowed(list)) => parse(list),
        Some(Cow::Owned(list)) => Ok(parse(&list)?.map(|list| Cow::Owned(list.into_owned()))),
    }
}
