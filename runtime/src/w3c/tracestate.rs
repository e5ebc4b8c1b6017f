//! Reads `tracestate`: a list with an entry for each tracing system ([W3C Trace Context level 2][w3c]).
//!
//! A list that breaks a rule is dropped as a whole. The `traceparent` is still used.
//!
//! | part | rule |
//! |---|---|
//! | list | at most 32 members, over all headers of the name; empty members and spaces around members are allowed |
//! | key | `a-z0-9`, then up to 255 of `a-z0-9_-*/@` |
//! | value | 1 to 256 printable ASCII characters without `,` and `=`, not ending in a space |
//! | order | ours first when we change it, all others as they came |
//! | too long | members longer than 128 go first, then the last ones |
//!
//! A key that occurs twice is passed on unchanged.
//!
//! [w3c]: https://www.w3.org/TR/trace-context-2/#tracestate-header

use std::borrow::Cow;
use std::sync::Arc;

use super::ParseError;

pub use crate::context::{OUR_MEMBER, is_provisional, marked_provisional};

/// The header's name.
pub const HEADER: &str = "tracestate";
/// The maximum number of members of a list.
pub const MAX_MEMBERS: usize = 32;
/// The maximum length of a key or a value, in bytes.
pub const MAX_PART: usize = 256;
/// Members longer than this, in bytes, are removed first when a list is shortened.
pub const LONG_MEMBER: usize = 128;

/// Parses a list, and removes empty members and spaces around members.
///
/// Returns `None` if the list is empty.
///
/// # Cost
///
/// Linear in the length. Copies the text only if something is removed.
///
/// # Errors
///
/// Returns [`ParseError::Member`] if a member is invalid, and [`ParseError::Members`] if there are too many.
///
/// ```
/// use traced_actor::w3c::tracestate;
///
/// assert_eq!(tracestate::parse(b"a=1,b=2")?.as_deref(), Some("a=1,b=2"));
/// assert_eq!(tracestate::parse(b" a=1 ,, b=2")?.as_deref(), Some("a=1,b=2"));
/// assert!(tracestate::parse(b"a=1,B=2").is_err());
/// # Ok::<(), traced_actor::w3c::ParseError>(())
/// ```
pub fn parse(list: &[u8]) -> Result<Option<Cow<'_, str>>, ParseError> {
    let mut count = 0;
    let mut length = 0;
    for member in list.split(|byte| *byte == b',').map(trim).filter(|member| !member.is_empty()) {
        if !is_member(member) {
            return Err(ParseError::Member);
        }
        count += 1;
        length += member.len() + 1;
    }
    if count > MAX_MEMBERS {
        return Err(ParseError::Members);
    }
    if count == 0 {
        return Ok(None);
    }
    // Members are ASCII. Only commas, spaces and tabs are left.
    let list = std::str::from_utf8(list).map_err(|_| ParseError::Member)?;
    if length == list.len() + 1 {
        return Ok(Some(Cow::Borrowed(list)));
    }
    let mut canonical = String::with_capacity(length);
    for member in list.split(',').map(|member| member.trim_matches([' ', '\t'])) {
        push(&mut canonical, &[member]);
    }
    Ok(Some(Cow::Owned(canonical)))
}

/// Returns an iterator over the keys and values of a list that [`parse`] has returned.
pub fn members(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.split(',').filter_map(|member| member.split_once('='))
}

/// Shortens a list to at most `max` bytes. Returns `None` if no member is left.
///
/// Whole members are removed: first those longer than [`LONG_MEMBER`], and then members at the end.
///
/// A sender should allow at least 512 bytes.
pub fn bounded(list: &str, max: usize) -> Option<Cow<'_, str>> {
    if list.len() <= max {
        return Some(Cow::Borrowed(list)).filter(|list| !list.is_empty());
    }
    let mut kept: Vec<&str> = list.split(',').collect();
    let mut length = list.len();
    while length > max {
        let long = kept.iter().rposition(|member| member.len() > LONG_MEMBER);
        let out = kept.remove(long.or(kept.len().checked_sub(1))?);
        length = length.saturating_sub(out.len() + 1);
        if kept.is_empty() {
            return None;
        }
    }
    Some(Cow::Owned(kept.join(",")))
}

/// Returns the value of the first member with this key, or `None` if there is none.
///
/// ```
/// use traced_actor::w3c::tracestate;
///
/// assert_eq!(tracestate::get("ot=th:8,rojo=00f067aa0ba902b7", "rojo"), Some("00f067aa0ba902b7"));
/// assert_eq!(tracestate::get("ot=th:8", "rojo"), None);
/// ```
pub fn get<'a>(list: &'a str, key: &str) -> Option<&'a str> {
    members(list).find_map(|(found, value)| (found == key).then_some(value))
}

/// Removes the members with this key. Returns `None` if no member is left.
pub fn without<'a>(list: &'a str, key: &str) -> Option<Cow<'a, str>> {
    let is_other = |member: &&str| member.split('=').next() != Some(key);
    if list.split(',').all(|member| is_other(&member)) {
        return Some(Cow::Borrowed(list));
    }
    let others: Vec<&str> = list.split(',').filter(is_other).collect();
    (!others.is_empty()).then(|| Cow::Owned(others.join(",")))
}

/// Removes the sampling threshold of OpenTelemetry's member. Returns `None` if nothing is left.
///
/// The threshold is only valid for the decision of the service that wrote it ([specification][otel]).
///
/// [otel]: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
pub fn without_threshold(list: &str) -> Option<Arc<str>> {
    let mut out = String::with_capacity(list.len());
    for member in list.split(',') {
        let Some(fields) = member.strip_prefix("ot=") else {
            push(&mut out, &[member]);
            continue;
        };
        let fields: Vec<&str> = fields.split(';').filter(|field| !field.starts_with("th:")).collect();
        if !fields.is_empty() {
            push(&mut out, &["ot=", &fields.join(";")]);
        }
    }
    Some(out).filter(|out| !out.is_empty()).map(Arc::from)
}

/// Adds a member at the end. An empty one is omitted.
fn push(list: &mut String, member: &[&str]) {
    if member.iter().any(|part| !part.is_empty()) {
        if !list.is_empty() {
            list.push(',');
        }
        list.extend(member.iter().copied());
    }
}

/// Returns the value without the spaces and tabs around it (`OWS` of RFC 9110).
pub fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn is_member(member: &[u8]) -> bool {
    let Some(equals) = member.iter().position(|byte| *byte == b'=') else { return false };
    is_key(&member[..equals]) && is_value(&member[equals + 1..])
}

fn is_key(key: &[u8]) -> bool {
    let [first, rest @ ..] = key else { return false };
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let further = |byte: &u8| alphanumeric(byte) || b"_-*/@".contains(byte);
    key.len() <= MAX_PART && alphanumeric(first) && rest.iter().all(further)
}

/// Returns whether a text is a valid value.
///
/// A space at its end needs no check, because it was trimmed as one around the member.
fn is_value(value: &[u8]) -> bool {
    let allowed = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    !value.is_empty() && value.len() <= MAX_PART && value.iter().all(allowed)
}
