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

#[inline]
pub(super) fn push_fixed64(to: &mut Vec<u8>, field: u8, number: u64) {
    if number != 0 {
        to.push(field);
        to.extend_from_slice(&number.to_le_bytes());
    }
}

/// Appends a `KeyValue` as this field. The key is an already encoded field ([`key`]).
#[inline]
pub(super) fn push_attribute(to: &mut Vec<u8>, field: u8, key: &[u8], value: &Attribute<'_>) {
    let len = value_len(value);
    to.push(field);
    push_varint(to, (key.len() + 1 + varint_len(len as u64) + len) as u64);
    to.extend_from_slice(key);
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

/// Encodes the key of a `KeyValue`.
pub(super) fn key(name: &str) -> Vec<u8> {
    let mut to = Vec::with_capacity(2 + name.len());
    push_text(&mut to, bytes_field(1), name);
    to
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
}
