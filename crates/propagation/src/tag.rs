//! A mark on a request that requests its trace.

use crate::carrier::{ReadCarrier, Single};

/// A mark on a request that requests its trace: a header, or an entry of its `baggage`.
///
/// [`Edge::forced_by`](crate::Edge::forced_by) traces requests with a tag. To check a tag yourself:
///
/// ```
/// use traced_actor_propagation::Tag;
///
/// const CAPTURE: Tag = Tag::header("x-capture");
/// let headers = [("X-Capture", "1")];
/// let peer_is_ours = true; // by its address, its certificate, its login
/// assert!(CAPTURE.is_on(&headers, peer_is_ours));
/// assert!(!CAPTURE.is_on(&headers, false));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Tag {
    name: &'static str,
    in_baggage: bool,
}

/// The maximum length of a `baggage` that is searched, in bytes: W3C's own limit.
const MAX_BAGGAGE: usize = 8192;

impl Tag {
    /// Creates a tag that is a header of this name (in lower case) with the value `1` or `true`.
    pub const fn header(name: &'static str) -> Self {
        Self { name, in_baggage: false }
    }

    /// Creates a tag that is an entry of W3C's `baggage` with this key and the value `1` or `true`.
    pub const fn baggage(key: &'static str) -> Self {
        Self { name: key, in_baggage: true }
    }

    /// Returns whether a request has the tag. Returns `false` without reading anything if it is not `trusted`.
    pub fn is_on(&self, carrier: &dyn ReadCarrier, trusted: bool) -> bool {
        if !trusted {
            return false;
        }
        if !self.in_baggage {
            return matches!(carrier.single(self.name), Single::One(value) if is_yes(value));
        }
        let Ok(Some(list)) = carrier.combined("baggage", MAX_BAGGAGE) else { return false };
        list.split(|byte| *byte == b',').any(|member| {
            // Properties after a semicolon are not part of the value.
            let entry = member.split(|byte| *byte == b';').next().unwrap_or_default();
            let mut parts = entry.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
            parts.next() == Some(self.name.as_bytes()) && parts.next().is_some_and(is_yes)
        })
    }
}

fn is_yes(value: &[u8]) -> bool {
    value == b"1" || value.eq_ignore_ascii_case(b"true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_from_a_header_or_from_baggage_and_only_if_trusted() {
        let on = |tag: Tag, name: &'static str, value: &'static str| tag.is_on(&[(name, value)], true);
        for value in ["1", "true", " TRUE "] {
            assert!(on(Tag::header("x-capture"), "X-Capture", value), "{value}");
        }
        for value in ["", "0", "false", "yes, 1", "11"] {
            assert!(!on(Tag::header("x-capture"), "x-capture", value), "{value}");
        }
        assert!(
            !Tag::header("x-capture").is_on(&[("x-capture", "1"), ("x-capture", "1")], true),
            "ambiguous"
        );
        for list in ["capture=1", "a=b, capture = true;ttl=1", "capture=0,capture=1"] {
            assert!(on(Tag::baggage("capture"), "baggage", list), "{list}");
        }
        for list in ["capture", "capture=", "xcapture=1", "a=b;capture=1"] {
            assert!(!on(Tag::baggage("capture"), "baggage", list), "{list}");
        }
        assert!(!Tag::header("x-capture").is_on(&[("x-capture", "1")], false));
    }
}
