//! The bytes of OTEP 4719's message `ProcessContext`.

use crate::KEYS;

/// The schema of the threads' records, as named by OTEP 4947.
const SCHEMA: &str = "tlsdesc_v1_dev";

/// Returns the message: a resource with these attributes, and the meaning of the numbers in the threads' records.
pub(super) fn process_context(attributes: &[(&str, &str)]) -> Vec<u8> {
    let resource: Vec<u8> =
        attributes.iter().flat_map(|(name, value)| field(1, &key_value(name, &text(value)))).collect();
    let keys: Vec<u8> = KEYS.iter().flat_map(|name| field(1, &text(name))).collect();
    [
        field(1, &resource),
        field(2, &key_value("threadlocal.schema_version", &text(SCHEMA))),
        field(2, &key_value("threadlocal.attribute_key_map", &field(5, &keys))),
    ]
    .concat()
}

/// Returns a `KeyValue`.
fn key_value(name: &str, value: &[u8]) -> Vec<u8> {
    [field(1, name.as_bytes()), field(2, value)].concat()
}

/// Returns an `AnyValue` with a text.
fn text(text: &str) -> Vec<u8> {
    field(1, text.as_bytes())
}

/// Returns a field of bytes: its number with the wire type 2, the length, the bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        field.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    field.push(u8::try_from(length).unwrap_or(0));
    field.extend_from_slice(bytes);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in protobuf's specification: 300 is `ac 02`.
    #[test]
    fn fields_have_their_length() {
        assert_eq!(field(2, b"testing"), b"\x12\x07testing");
        assert_eq!(field(1, &[7; 300])[..3], [0x0a, 0xac, 0x02]);
        assert_eq!(field(1, &[]), [0x0a, 0]);
    }
}
