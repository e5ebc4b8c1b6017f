//! Carriers of a context: named text values, such as HTTP headers or the properties of a broker's message.
//!
//! The meaning of the values is defined by the formats of this [crate]. Reading copies nothing and does not
//! allocate.

#[cfg(feature = "http")]
mod http;
mod map;

use std::borrow::Cow;

pub(crate) use traced_actor::w3c::tracestate::trim;

/// Reads named values. Names are passed in lower case and compared without regard to case.
///
/// A name may have several values. They are visited in the order in which they were received.
///
/// ```
/// use traced_actor_propagation::carrier::{ReadCarrier, Single};
///
/// let headers = [("TraceParent", "00-…"), ("tracestate", "a=1"), ("tracestate", "b=2")];
/// assert_eq!(headers.single("traceparent"), Single::One("00-…".as_bytes()));
/// assert_eq!(headers.single("tracestate"), Single::Several);
/// assert_eq!(headers.single("baggage"), Single::None);
/// ```
pub trait ReadCarrier {
    /// Calls `visit` with each value of `name`.
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]));

    /// Calls `visit` with each name. A name with several values may be visited several times.
    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str));

    /// Returns the only value of `name`, without spaces and tabs around it.
    fn single(&self, name: &str) -> Single<'_> {
        let mut found = Single::None;
        self.visit_values(name, &mut |value| {
            found = if let Single::None = found { Single::One(trim(value)) } else { Single::Several };
        });
        found
    }

    /// Joins all values of `name` with commas, as HTTP combines headers ([RFC 9110, 5.3][rfc]).
    ///
    /// It copies only if there are several values.
    ///
    /// # Errors
    ///
    /// Returns [`TooLong`] if the values together are longer than `max` bytes. They are not read then.
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
    fn combined(&self, name: &str, max: usize) -> Result<Option<Cow<'_, [u8]>>, TooLong> {
        let mut found: Option<Cow<'_, [u8]>> = None;
        let mut length = 0_usize;
        self.visit_values(name, &mut |value| {
            length = length.saturating_add(value.len() + usize::from(found.is_some()));
            if length > max {
                return;
            }
            match &mut found {
                None => found = Some(Cow::Borrowed(value)),
                Some(list) => {
                    let list = list.to_mut();
                    list.push(b',');
                    list.extend_from_slice(value);
                }
            }
        });
        if length > max { Err(TooLong) } else { Ok(found) }
    }
}

/// The result of [`ReadCarrier::single`], for a name that may have only one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single<'a> {
    /// The name has no value.
    None,
    /// The name has this value.
    One(&'a [u8]),
    /// The name has several values.
    Several,
}

/// Returned when the values of a name are together longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// Writes named values.
pub trait WriteCarrier {
    /// Sets `name` to this value, and removes its other values. `name` is in lower case.
    ///
    /// A value that the carrier cannot hold is left out, so that a context never prevents a message.
    fn set(&mut self, name: &str, value: &str);

    /// Removes all values of `name`, so that no earlier context remains.
    fn unset(&mut self, name: &str);

    /// Removes all values of the names that begin with `prefix`, which is in lower case.
    ///
    /// The names of Jaeger's baggage are only known by their prefix. The default removes nothing, which is right for a
    /// carrier that never has an earlier context.
    fn unset_prefix(&mut self, prefix: &str) {
        let _ = prefix;
    }
}

/// Returns whether `name` begins with `prefix`, in any case.
///
/// ```
/// use traced_actor_propagation::carrier::has_prefix;
///
/// assert!(has_prefix("UberCtx-User", "uberctx-"));
/// assert!(!has_prefix("uber-trace-id", "uberctx-"));
/// ```
pub fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl<C: ReadCarrier + ?Sized> ReadCarrier for &C {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        (**self).visit_values(name, visit);
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        (**self).visit_names(visit);
    }
}

impl<C: WriteCarrier + ?Sized> WriteCarrier for &mut C {
    fn set(&mut self, name: &str, value: &str) {
        (**self).set(name, value);
    }

    fn unset(&mut self, name: &str) {
        (**self).unset(name);
    }

    fn unset_prefix(&mut self, prefix: &str) {
        (**self).unset_prefix(prefix);
    }
}
