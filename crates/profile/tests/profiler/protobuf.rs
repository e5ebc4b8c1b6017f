//! Reads the bytes of a protobuf message.

/// A field of bytes: its number, and its content.
pub(crate) type Field<'a> = (u64, &'a [u8]);

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a whole number");
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// Returns the fields of a message, which are all of bytes.
pub(crate) fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        assert_eq!(tag & 7, 2, "of bytes");
        let length = usize::try_from(varint(&mut bytes)).expect("small");
        let (field, rest) = bytes.split_at(length);
        fields.push((tag >> 3, field));
        bytes = rest;
    }
    fields
}

/// Returns the name and the value of a `KeyValue`. A list is shown with commas.
pub(crate) fn pair(bytes: &[u8]) -> (String, String) {
    let fields = fields(bytes);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let [(1, name), (2, value)] = fields[..] else { panic!("{fields:?}") };
    (text(name), any(value))
}

fn any(bytes: &[u8]) -> String {
    match fields(bytes)[..] {
        [(1, text)] => String::from_utf8(text.to_vec()).expect("UTF-8"),
        [(5, list)] => fields(list).iter().map(|(_, value)| any(value)).collect::<Vec<_>>().join(","),
        ref other => panic!("{other:?}"),
    }
}
