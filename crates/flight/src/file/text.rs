//! Writes lists, strings and numbers as JSON.

use std::fmt::Write as _;

use traced_actor::record::OwnedAttribute;

/// Appends the items of a list, with commas between them.
pub(super) fn push_list<T>(
    to: &mut String,
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            to.push(',');
        }
        push(to, item);
    }
}

/// Appends a string with its quotes.
pub(super) fn push_string(to: &mut String, text: &str) {
    to.push('"');
    for character in text.chars() {
        match character {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(to, "\\u{:04x}", u32::from(character));
            }
            _ => to.push(character),
        }
    }
    to.push('"');
}

/// Appends a number. Numbers that JSON cannot represent become strings, as in the JSON mapping of Protocol Buffers.
pub(super) fn push_float(to: &mut String, value: f64) {
    let _ = match value {
        _ if value.is_nan() => write!(to, "\"NaN\""),
        f64::INFINITY => write!(to, "\"Infinity\""),
        f64::NEG_INFINITY => write!(to, "\"-Infinity\""),
        _ => write!(to, "{value:?}"),
    };
}

/// Appends a value as a plain JSON value.
pub(super) fn push_value(to: &mut String, value: &OwnedAttribute) {
    match value {
        OwnedAttribute::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
        OwnedAttribute::Int(value) => {
            let _ = write!(to, "{value}");
        }
        OwnedAttribute::Float(value) => push_float(to, *value),
        other => push_string(to, &other.to_string()),
    }
}
