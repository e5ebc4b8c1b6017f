//! The `baggage` header: values that an application sends along with a trace ([W3C Baggage][w3c]).
//!
//! ```text
//! baggage: user=alice%20b,tier=gold;ttl=30
//!          key  value     key  value; property
//! ```
//!
//! A context keeps the list as one header value. [`members`] reads it, and [`List`] builds one.
//!
//! | part | rule |
//! |---|---|
//! | list | at most 180 members and 8,192 bytes; members that do not fit are left out completely |
//! | key | an HTTP token, case-sensitive |
//! | value | printable ASCII without `",;\` and spaces; everything else is percent-encoded |
//! | properties | `;key` or `;key=value`, passed on unchanged; empty ones are left out |
//!
//! A member that breaks a rule is left out, and the others stay. Bytes in a value that are not UTF-8 are read as
//! `U+FFFD`, and passed on unchanged.
//!
//! [w3c]: https://www.w3.org/TR/baggage/

use std::borrow::Cow;

use crate::carrier::{ReadCarrier, trim};

/// The name of the header.
pub const HEADER: &str = "baggage";
/// The maximum number of members in a list. W3C requires that at least 64 are passed on.
pub const MAX_MEMBERS: usize = 180;
/// The maximum size of a list, in bytes. W3C requires that at least as many are passed on.
pub const MAX_BYTES: usize = 8192;

/// The maximum length of headers that are read, in bytes.
const MAX_RAW: usize = 2 * MAX_BYTES;

/// Reads the list from all headers of the name. Returns `None` if there is no valid member.
pub fn read(carrier: &(impl ReadCarrier + ?Sized)) -> Option<String> {
    parse(&carrier.combined(HEADER, MAX_RAW).ok()??)
}

/// Parses a list, and returns its valid members without optional spaces.
///
/// Returns `None` if there is no valid member. The cost is linear in the length, with one allocation of at most
/// [`MAX_BYTES`].
pub fn parse(list: &[u8]) -> Option<String> {
    let mut out = List::default();
    for member in list.split(|byte| *byte == b',').map(trim).filter(|member| !member.is_empty()) {
        if let Some(member) = parse_member(member) {
            out.push_encoded(&member);
        }
    }
    out.into_header()
}

/// Returns the members of a list that [`parse`] or [`List`] returned.
pub fn members(list: &str) -> impl Iterator<Item = Member<'_>> {
    list.split(',').filter_map(|member| parse_member(member.as_bytes()))
}

/// Returns the decoded value of a key in a list of [`parse`] or [`List`]. If there are several, the last one counts.
pub fn value<'a>(list: &'a str, key: &str) -> Option<Cow<'a, str>> {
    members(list).filter(|member| member.key == key).last().map(|member| member.value())
}

/// Returns the members of a list with one of these keys, or `None` if there are none.
pub(crate) fn only(list: &str, keys: &[Cow<'static, str>]) -> Option<String> {
    let mut kept = List::default();
    for member in members(list).filter(|member| keys.iter().any(|key| *key == member.key)) {
        kept.push_encoded(&member);
    }
    kept.into_header()
}

/// Returns whether this can be a key.
pub(crate) fn is_key(key: &str) -> bool {
    key.len() < MAX_BYTES && is_token(key.as_bytes())
}

/// A member of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    key: &'a str,
    value: &'a str,
    /// The properties, separated by semicolons.
    properties: &'a str,
}

impl<'a> Member<'a> {
    /// Returns the key.
    pub const fn key(&self) -> &'a str {
        self.key
    }

    /// Returns the decoded value.
    pub fn value(&self) -> Cow<'a, str> {
        decode(self.value.as_bytes())
    }

    /// Returns the percent-encoded value.
    pub const fn encoded(&self) -> &'a str {
        self.value
    }

    /// Returns the properties as they were received, separated by semicolons. Empty if there are none.
    pub const fn properties(&self) -> &'a str {
        self.properties
    }
}

/// Builds the value of a `baggage` header, within [`MAX_BYTES`] and [`MAX_MEMBERS`].
///
/// ```
/// use traced_actor_propagation::baggage::{self, List};
///
/// let mut list = List::default();
/// list.push("user", "alice b", "");
/// let header = list.into_header().unwrap();
/// assert_eq!(header, "user=alice%20b");
/// assert_eq!(baggage::members(&header).next().unwrap().value(), "alice b");
/// ```
#[derive(Debug, Clone, Default)]
pub struct List {
    header: String,
    members: usize,
}

impl List {
    /// Adds a member, and returns whether it is valid and fits.
    ///
    /// `properties` must follow the grammar of the header, or be empty.
    pub fn push(&mut self, key: &str, value: &str, properties: &str) -> bool {
        let room = MAX_BYTES.saturating_sub(self.header.len());
        // An encoded value is never shorter, so a value longer than the room need not be encoded.
        let valid = is_token(key.as_bytes())
            && key.len() + value.len() + properties.len() < room
            && (properties.is_empty() || properties.split(';').all(is_property));
        valid && self.push_encoded(&Member { key, value: &encode(value), properties })
    }

    fn push_encoded(&mut self, member: &Member<'_>) -> bool {
        let Member { key, value, properties } = member;
        let comma = usize::from(!self.header.is_empty());
        // Without surrounding spaces. Otherwise, a removed property would leave a space that is trimmed the next time.
        let properties = || {
            let parts = properties.split(';').filter(|property| !trim_text(property).is_empty());
            parts.flat_map(|property| {
                let (key, value) =
                    property.split_once('=').map_or((property, None), |(key, value)| (key, Some(value)));
                let equals = value.map_or("", |_| "=");
                [";", trim_text(key), equals, trim_text(value.unwrap_or_default())]
            })
        };
        let of_properties: usize = properties().map(str::len).sum();
        let length = comma + key.len() + 1 + value.len() + of_properties;
        if self.members == MAX_MEMBERS || self.header.len() + length > MAX_BYTES {
            return false;
        }
        self.members += 1;
        self.header.extend([&","[..comma], key, "=", value]);
        self.header.extend(properties());
        true
    }

    /// Returns the list as a header value, or `None` if it is empty.
    pub fn into_header(self) -> Option<String> {
        Some(self.header).filter(|header| !header.is_empty())
    }
}

/// Decodes a percent-encoded text.
///
/// Invalid escapes are left as they are. Bytes that are not UTF-8 become `U+FFFD`.
pub fn decode(value: &[u8]) -> Cow<'_, str> {
    if !value.contains(&b'%') {
        return String::from_utf8_lossy(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => hex_pair(*high, *low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { tail };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn encode(value: &str) -> Cow<'_, str> {
    let plain = |byte: u8| is_octet(byte) && byte != b'%';
    if value.bytes().all(plain) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 16);
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 0xf)]);
            out.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    Cow::Owned(out)
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    use super::hex::digit;

    Some(digit(high.to_ascii_lowercase())? << 4 | digit(low.to_ascii_lowercase())?)
}

/// Returns a member without spaces around its parts, or `None` if it breaks a rule.
fn parse_member(member: &[u8]) -> Option<Member<'_>> {
    let member = std::str::from_utf8(member).ok()?;
    let (pair, properties) = member.split_once(';').map_or((member, None), |(pair, rest)| (pair, Some(rest)));
    let (key, value) = pair.split_once('=')?;
    let (key, value) = (trim_text(key), trim_text(value));
    let properties = properties.map(trim_text);
    let valid = is_token(key.as_bytes())
        && value.bytes().all(is_octet)
        && properties.is_none_or(|properties| properties.split(';').all(is_property));
    valid.then_some(Member { key, value, properties: properties.unwrap_or_default() })
}

/// Returns whether a text is a property, or empty. Empty ones are left out.
fn is_property(property: &str) -> bool {
    if trim_text(property).is_empty() {
        return true;
    }
    let (key, value) = property.split_once('=').unwrap_or((property, ""));
    is_token(trim_text(key).as_bytes()) && trim_text(value).bytes().all(is_octet)
}

fn trim_text(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Returns whether the key is an HTTP token ([RFC 9110, 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
fn is_token(key: &[u8]) -> bool {
    !key.is_empty()
        && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Returns whether a byte is a `baggage-octet`: printable ASCII except space, double quote, comma, semicolon,
/// backslash.
fn is_octet(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b',' | b';' | b'\\')
}
