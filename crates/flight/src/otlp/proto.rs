//! The subset of Protocol Buffers that OTLP needs: the wire format of fields, without a schema.
//!
//! Fields are written in the order of their numbers, and defaults are omitted, like in generated encoders.

use traced_actor::record::Attribute;

/// Returns the number and the wire type of a field as one byte, for fields up to 15.
pub(super) const fn varint_field(number: u8) -> u8 {
    number << 3
}

pub(super) const fn fixed64_field(number: u8) -> u8 {
    number << 3 | 1
}

pub(super) const fn bytes_field(number: u8) -> u8 {
    number << 3 | 2
}

pub(super) const fn fixed32_field(number: u8) -> u8 {
    number << 3 | 5
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
pub(super) fn push_varint(to: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// Returns the length of a number as a varint.
#[inline]
pub(super) const fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

#[inline]
pub(super) fn push_bytes(to: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    to.push(field);
    push_varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// Appends a text, unless it is empty, which is the default.
#[inline]
pub(super) fn push_text(to: &mut Vec<u8>, field: u8, text: &str) {
    if !text.is_empty() {
        push_bytes(to, field, text.as_bytes());
    }
}

/// Appends a number, unless it is 0, which is the default.
#[inline]
pub(super) fn push_number(to: &mut Vec<u8>, field: u8, number: u64) {
    if number != 0 {
        to.push(field);
        push_varint(to, number);
    }
}

/// The key of a `KeyValue`, as it is encoded in front of values.
pub(super) struct Key {
    /// The field of the key alone.
    field: Vec<u8>,
    /// A `KeyValue` up to the bytes of its value, as a field of a message.
    ///
    /// The lengths are those of an empty value. `None` if a length would take more than a byte.
    short: Option<Vec<u8>>,
}

/// The longest value of a [short](Key::short) attribute: a number, with the byte in front of it.
const SHORT: usize = 11;

impl Key {
    /// Encodes a key, for attributes that are this field of a message.
    pub(super) fn new(field: u8, name: &str) -> Self {
        let mut encoded = Vec::with_capacity(2 + name.len());
        push_text(&mut encoded, bytes_field(1), name);
        let len = u8::try_from(encoded.len() + 2).ok().filter(|len| usize::from(*len) + SHORT < 0x80);
        let short = len.map(|len| [&[field, len], &*encoded, &[bytes_field(2), 0, 0]].concat());
        Self { field: encoded, short }
    }

    /// Appends an attribute whose value takes at most [`SHORT`] bytes, with the byte in front of it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
    fn push_short<const N: usize>(short: &[u8], to: &mut Vec<u8>, of: u8, value: [u8; N], len: usize) {
        let at = to.len();
        to.extend_from_slice(short);
        let end = to.len();
        to[at + 1] += len as u8 + 1;
        (to[end - 2], to[end - 1]) = (len as u8 + 1, of);
        // The whole array is appended and then cut, because a copy of a fixed length takes one or two instructions.
        to.extend_from_slice(&value);
        to.truncate(end + len);
    }
}

/// Appends a `KeyValue` as this field.
#[inline]
pub(super) fn push_attribute(to: &mut Vec<u8>, field: u8, key: &Key, value: &Attribute<'_>) {
    if let Some(short) = &key.short {
        match value {
            Attribute::Int(value) => {
                let (bytes, len) = varint(value.cast_unsigned());
                return Key::push_short(short, to, varint_field(3), bytes, len);
            }
            Attribute::Float(value) => {
                return Key::push_short(short, to, fixed64_field(4), value.to_le_bytes(), 8);
            }
            _ => {}
        }
    }
    let len = value_len(value);
    to.push(field);
    push_varint(to, (key.field.len() + 1 + varint_len(len as u64) + len) as u64);
    to.extend_from_slice(&key.field);
    to.push(bytes_field(2));
    push_varint(to, len as u64);
    match value {
        Attribute::Bool(value) => to.extend_from_slice(&[varint_field(2), u8::from(*value)]),
        Attribute::Int(value) => {
            to.push(varint_field(3));
            push_varint(to, value.cast_unsigned());
        }
        Attribute::Float(value) => {
            to.push(fixed64_field(4));
            to.extend_from_slice(&value.to_le_bytes());
        }
        Attribute::Str(text) | Attribute::Static(text) => push_bytes(to, bytes_field(1), text.as_bytes()),
        // A kind of value that is newer than this crate becomes an empty value.
        _ => {}
    }
}

/// Returns a number as a varint, and its length.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn varint(mut value: u64) -> ([u8; 10], usize) {
    let (mut bytes, mut len) = ([0; 10], 0);
    while value > 0x7f && len < 9 {
        bytes[len] = value as u8 | 0x80;
        (value, len) = (value >> 7, len + 1);
    }
    bytes[len] = value as u8;
    (bytes, len + 1)
}

/// Returns the length of an `AnyValue`.
#[inline]
fn value_len(value: &Attribute<'_>) -> usize {
    match value {
        Attribute::Bool(_) => 2,
        Attribute::Int(value) => 1 + varint_len(value.cast_unsigned()),
        Attribute::Float(_) => 9,
        Attribute::Str(text) | Attribute::Static(text) => 1 + varint_len(text.len() as u64) + text.len(),
        _ => 0,
    }
}

/// The value of a field.
#[cfg(feature = "otlp-http")]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// A number of a fixed length, which is never needed.
    Fixed,
}

/// Returns the fields of a message, up to the first unreadable one.
#[cfg(feature = "otlp-http")]
pub(super) fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, Value<'_>)> {
    std::iter::from_fn(move || {
        let key = take_varint(&mut message)?;
        let value = match key & 7 {
            0 => Value::Varint(take_varint(&mut message)?),
            1 => message.split_off(..8).map(|_| Value::Fixed)?,
            2 => {
                let len = usize::try_from(take_varint(&mut message)?).ok()?;
                Value::Bytes(message.split_off(..len)?)
            }
            5 => message.split_off(..4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((key >> 3, value))
    })
}

#[cfg(feature = "otlp-http")]
fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *from.split_off_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_a_byte_for_each_seven_bits() {
        for (number, bytes) in [
            (0, vec![0]),
            (1, vec![1]),
            (127, vec![0x7f]),
            (128, vec![0x80, 1]),
            (300, vec![0xac, 2]), // the example of the format's documentation
            (u64::MAX, [vec![0xff; 9], vec![1]].concat()),
        ] {
            let mut to = Vec::new();
            push_varint(&mut to, number);
            assert_eq!(to, bytes);
            assert_eq!(varint_len(number), bytes.len());
            let (short, len) = varint(number);
            assert_eq!(short[..len], bytes);
        }
    }

    /// The field of a key and of a value, and their lengths, each by the format's rules.
    fn encoded(name: &str, value: &[u8]) -> Vec<u8> {
        let mut inner = Vec::new();
        push_bytes(&mut inner, bytes_field(1), name.as_bytes());
        push_bytes(&mut inner, bytes_field(2), value);
        let mut to = Vec::new();
        push_bytes(&mut to, bytes_field(9), &inner);
        to
    }

    #[test]
    fn an_attribute_is_the_same_with_a_long_key_and_with_a_short_one() {
        for len in [1, 20, 111, 112, 113, 114, 115, 130, 300] {
            let name = "k".repeat(len);
            let key = Key::new(bytes_field(9), &name);
            for (value, bytes) in [
                (Attribute::Int(0), vec![0x18, 0]),
                (Attribute::Int(300), vec![0x18, 0xac, 2]),
                (Attribute::Int(-1), [vec![0x18], vec![0xff; 9], vec![1]].concat()),
                (Attribute::Float(1.0), vec![0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
                (Attribute::Bool(true), vec![0x10, 1]),
                (Attribute::Static("ab"), vec![0x0a, 2, b'a', b'b']),
            ] {
                let mut to = vec![7];
                push_attribute(&mut to, bytes_field(9), &key, &value);
                assert_eq!(to[1..], encoded(&name, &bytes), "{len} {value:?}");
            }
        }
    }
}
