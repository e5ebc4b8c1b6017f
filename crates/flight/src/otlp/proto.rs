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
    short: Option<ShortKey>,
}

/// A `KeyValue` up to the bytes of its value, as a field of a message. The lengths are those of an empty value.
///
/// `None` if it is long. An array of a fixed length is copied in a few instructions, and then cut.
struct ShortKey {
    bytes: [u8; SHORT_KEY],
    len: usize,
}

/// The most bytes of a [`ShortKey`].
const SHORT_KEY: usize = 48;

impl ShortKey {
    /// Appends an attribute up to its value, which takes `len` bytes with the byte in front of it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
    fn push(&self, to: &mut Vec<u8>, of: u8, len: usize) {
        let at = to.len();
        to.extend_from_slice(&self.bytes);
        to.truncate(at + self.len);
        to[at + 1] += len as u8;
        let end = to.len();
        to[end - 2..].copy_from_slice(&[len as u8, of]);
    }
}

impl Key {
    /// Encodes a key, for attributes that are this field of a message.
    pub(super) fn new(field: u8, name: &str) -> Self {
        let mut encoded = Vec::with_capacity(2 + name.len());
        push_text(&mut encoded, bytes_field(1), name);
        let len = encoded.len() + 2;
        let short = u8::try_from(len).ok().and_then(|len| {
            let parts = [&[field, len], &*encoded, &[bytes_field(2), 0, 0]].concat();
            let mut bytes = [0; SHORT_KEY];
            bytes.get_mut(..parts.len())?.copy_from_slice(&parts);
            Some(ShortKey { bytes, len: parts.len() })
        });
        Self { field: encoded, short }
    }

    /// Appends a `KeyValue` with a whole number as this field.
    #[inline]
    pub(super) fn push_int(&self, to: &mut Vec<u8>, field: u8, value: u64) {
        let len = 1 + varint_len(value);
        if let Some(short) = &self.short {
            short.push(to, varint_field(3), len);
        } else {
            self.push_long(to, field, len);
            to.push(varint_field(3));
        }
        push_varint(to, value);
    }

    /// Appends a `KeyValue` up to its value, which takes so many bytes.
    fn push_long(&self, to: &mut Vec<u8>, field: u8, len: usize) {
        to.push(field);
        push_varint(to, (self.field.len() + 1 + varint_len(len as u64) + len) as u64);
        to.extend_from_slice(&self.field);
        to.push(bytes_field(2));
        push_varint(to, len as u64);
    }
}

/// Appends a `KeyValue` as this field.
#[inline]
pub(super) fn push_attribute(to: &mut Vec<u8>, field: u8, key: &Key, value: &Attribute<'_>) {
    match (value, &key.short) {
        (Attribute::Int(value), _) => return key.push_int(to, field, value.cast_unsigned()),
        (Attribute::Float(value), Some(short)) => {
            short.push(to, fixed64_field(4), 9);
            return to.extend_from_slice(&value.to_le_bytes());
        }
        _ => {}
    }
    key.push_long(to, field, value_len(value));
    match value {
        Attribute::Bool(value) => to.extend_from_slice(&[varint_field(2), u8::from(*value)]),
        Attribute::Float(value) => {
            to.push(fixed64_field(4));
            to.extend_from_slice(&value.to_le_bytes());
        }
        Attribute::Str(text) | Attribute::Static(text) => push_bytes(to, bytes_field(1), text.as_bytes()),
        // A kind of value that is newer than this crate becomes an empty value.
        _ => {}
    }
}

/// Returns the length of an `AnyValue`.
#[inline]
fn value_len(value: &Attribute<'_>) -> usize {
    match value {
        Attribute::Bool(_) => 2,
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
        for len in [1, 20, 40, 41, 42, 43, 111, 112, 113, 114, 115, 130, 300] {
            let name = "k".repeat(len);
            let key = Key::new(bytes_field(9), &name);
            for (value, bytes) in [
                (Attribute::Int(0), vec![0x18, 0]),
                (Attribute::Int(300), vec![0x18, 0xac, 2]),
                (Attribute::Int(-1), [vec![0x18], vec![0xff; 9], vec![1]].concat()),
                (Attribute::Int(127), vec![0x18, 127]),
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
