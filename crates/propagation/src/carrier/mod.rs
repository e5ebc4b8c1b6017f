//! Where a context is written for transport: named text values, borrowed for reading, set for writing.
//!
//! Headers of HTTP and gRPC, properties of a broker's message, a map in a test. What the values mean is
//! [`propagation`](crate)'s matter. Nothing here copies or allocates on the reading side.

#[cfg(feature = "http")]
mod http;
mod map;

use std::borrow::Cow;

pub(crate) use traced_actor::w3c::tracestate::trim;

/// Reads named values. Names are asked for in lower case, and compared without regard to case.
///
/// A name may have several values; they are given in the order in which they arrived.
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
    /// Hands each value of `name` to `visit`.
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]));

    /// Hands each name to `visit`; a name with several values may come more than once.
    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str));

    /// The one value of `name`, without the spaces and tabs around it.
    fn single(&self, name: &str) -> Single<'_> {
        let mut found = Single::None;
        self.visit_values(name, &mut |value| {
            found = if let Single::None = found { Single::One(trim(value)) } else { Single::Several };
        });
        found
    }

    /// All values of `name` as one list, with commas between them, as HTTP combines headers
    /// ([RFC 9110, 5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)).
    ///
    /// Copies only where there are several. `Err` where they are longer than `max` bytes together: those are not
    /// looked at.
    ///
    /// # Errors
    ///
    /// [`TooLong`].
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

/// The value of a name that may have only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single<'a> {
    /// The name is not there.
    None,
    /// It has this value.
    One(&'a [u8]),
    /// It has more than one.
    Several,
}

/// The values of a name are longer together than the reader's bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// Takes named values.
pub trait WriteCarrier {
    /// Sets `name`, which is in lower case, to this one value in the place of all that it had.
    ///
    /// A value that the carrier cannot hold is left out; a context never costs the message.
    fn set(&mut self, name: &str, value: &str);

    /// Takes `name` out, so that nothing is left of a context that was written before.
    fn unset(&mut self, name: &str);
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
}
