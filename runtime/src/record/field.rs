//! The recorded fields of a message: typed, bounded, and evaluated only if the message is sampled.

use std::fmt::{self, Write as _};

/// The maximum number of recorded fields of a message. Further fields are dropped.
pub const MAX_FIELDS: usize = 64;
/// The maximum length of a text value, in bytes. Longer texts are truncated at a character boundary.
pub const MAX_VALUE_BYTES: usize = 1024;

/// The value of a span attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Attribute<'a> {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Str(&'a str),
    /// A static text, which can be kept without a copy.
    Static(&'static str),
}

/// Converts the number to OpenTelemetry's integer type.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Collects the fields of a message. Used by generated code.
pub struct Fields<'a> {
    visit: &'a mut dyn FnMut(&'static str, Attribute<'_>),
    left: usize,
}

impl<'a> Fields<'a> {
    /// Creates a collector that passes the first [`MAX_FIELDS`] fields to `visit`.
    pub fn new(visit: &'a mut dyn FnMut(&'static str, Attribute<'_>)) -> Self {
        Self { visit, left: MAX_FIELDS }
    }

    /// Records a word of this crate, which does not count as a field of the message.
    pub(crate) fn say(&mut self, name: &'static str, word: &'static str) {
        (self.visit)(name, Attribute::Static(word));
    }

    /// Records one field.
    #[inline]
    pub fn record<V: Value + ?Sized>(&mut self, name: &'static str, value: &V) {
        if self.left > 0 {
            self.left -= 1;
            value.visit(|attribute| (self.visit)(name, bounded(attribute)));
        }
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").field("left", &self.left).finish_non_exhaustive()
    }
}

/// A message whose fields can be recorded.
pub(crate) trait RecordFields {
    fn record(&self, fields: &mut Fields<'_>);
}

/// A message without fields.
pub(crate) struct NoFields;

impl RecordFields for NoFields {
    fn record(&self, _: &mut Fields<'_>) {}
}

/// A type that can be recorded as a field: numbers, texts, `bool`, and references, boxes and options of them.
///
/// Other types are recorded by their `Display` (`%user`) or their `Debug` (`?state`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded as a field value",
    note = "write `%field` to record its `Display`, or `?field` to record its `Debug`"
)]
pub trait Value {
    /// Passes the value to `visit` once. `None` is not passed.
    fn visit(&self, visit: impl FnOnce(Attribute<'_>));
}

/// Records a value by its `Display`, as `fields(%user)` does.
pub fn display<T: fmt::Display>(value: T) -> impl Value {
    Formatted(move |f: &mut Bounded| write!(f, "{value}"))
}

/// Records a value by its `Debug`, as `fields(?state)` does.
pub fn debug<T: fmt::Debug>(value: T) -> impl Value {
    Formatted(move |f: &mut Bounded| write!(f, "{value:?}"))
}

struct Formatted<F>(F);

impl<F: Fn(&mut Bounded) -> fmt::Result> Value for Formatted<F> {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        let mut text = Bounded(String::new());
        // The only error is the bound, or a `Display` that gave up. The text written until then is the value.
        let _ = (self.0)(&mut text);
        visit(Attribute::Str(&text.0));
    }
}

/// A text that takes one byte more than the bound, so that truncation is detected, and then returns an error.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = (MAX_VALUE_BYTES + 1).saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        // One character more than fits, so that the text is cut at a boundary and the cut is detected.
        let mut end = room.min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        self.0.push_str(&text[..end]);
        Err(fmt::Error)
    }
}

/// Returns `attribute`, truncated to the bound.
#[inline]
fn bounded(attribute: Attribute<'_>) -> Attribute<'_> {
    match attribute {
        Attribute::Str(text) => Attribute::Str(cut(text)),
        Attribute::Static(text) => Attribute::Static(cut(text)),
        other => other,
    }
}

/// Returns the part of `text` that is within the bound for values.
#[inline]
pub(crate) fn cut(text: &str) -> &str {
    if text.len() <= MAX_VALUE_BYTES {
        return text;
    }
    let mut end = MAX_VALUE_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the text of `value`, truncated to the bound for values.
pub(crate) fn bounded_text(value: &dyn fmt::Display) -> String {
    let mut text = Bounded(String::new());
    let _ = write!(text, "{value}");
    text.0.truncate(cut(&text.0).len());
    text.0
}

macro_rules! int {
    ($($int:ty)*) => {$(
        impl Value for $int {
            #[inline]
            fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
                match i64::try_from(*self) {
                    Ok(value) => visit(Attribute::Int(value)),
                    // OpenTelemetry's integers are signed and have 64 bits. Decimal digits as a text lose nothing.
                    Err(_) => visit(Attribute::Str(&self.to_string())),
                }
            }
        }
    )*};
}

int!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl Value for bool {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        visit(Attribute::Bool(*self));
    }
}

impl Value for f64 {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        visit(Attribute::Float(*self));
    }
}

impl Value for f32 {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        visit(Attribute::Float(f64::from(*self)));
    }
}

impl Value for char {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        visit(Attribute::Str(self.encode_utf8(&mut [0; 4])));
    }
}

impl Value for str {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        visit(Attribute::Str(self));
    }
}

impl Value for String {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        visit(Attribute::Str(self));
    }
}

impl<V: Value> Value for Option<V> {
    #[inline]
    fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
        if let Some(value) = self {
            value.visit(visit);
        }
    }
}

macro_rules! pointer {
    ($($pointer:ty),*) => {$(
        impl<V: Value + ?Sized> Value for $pointer {
            #[inline]
            fn visit(&self, visit: impl FnOnce(Attribute<'_>)) {
                (**self).visit(visit);
            }
        }
    )*};
}

pointer!(&V, &mut V, Box<V>, std::rc::Rc<V>, std::sync::Arc<V>);

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(value: &(impl Value + ?Sized)) -> Vec<String> {
        let mut found = Vec::new();
        Fields::new(&mut |_, attribute| found.push(format!("{attribute:?}"))).record("field", value);
        found
    }

    #[test]
    fn values_keep_their_type() {
        assert_eq!(recorded(&7_u8), ["Int(7)"]);
        assert_eq!(recorded(&u64::MAX), ["Str(\"18446744073709551615\")"]);
        assert_eq!(recorded(&Some(1.5)), ["Float(1.5)"]);
        assert_eq!(recorded(&None::<bool>), Vec::<String>::new());
        assert_eq!(recorded(&&&"text"), ["Str(\"text\")"]);
        assert_eq!(recorded(&display(3)), ["Str(\"3\")"]);
        assert_eq!(recorded(&debug("a")), ["Str(\"\\\"a\\\"\")"]);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let long = "é".repeat(MAX_VALUE_BYTES);
        for value in [&recorded(&long), &recorded(&display(&long))] {
            assert_eq!(value, &[format!("Str({:?})", "é".repeat(MAX_VALUE_BYTES / 2))]);
        }
    }

    #[test]
    fn a_value_s_formatting_stops_at_the_bound() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("more and ")?;
                }
            }
        }
        assert_eq!(bounded_text(&Endless).len(), MAX_VALUE_BYTES);
    }

    #[test]
    fn fields_beyond_the_limit_are_dropped() {
        let mut count = 0;
        let mut visit = |_: &'static str, _: Attribute<'_>| count += 1;
        let mut fields = Fields::new(&mut visit);
        for _ in 0..MAX_FIELDS + 5 {
            fields.record("field", &1);
        }
        assert_eq!(count, MAX_FIELDS);
    }
}
