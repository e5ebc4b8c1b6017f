//! The shape of a message as text: `Join#0{user: u64, tags: [str]}`.
//!
//! It distinguishes a `u64` from a `u32`, which the bytes of small values do not.

use std::fmt::{self, Display};

use serde::ser::{self, Serialize, Serializer};

/// Returns the shape of `value`, as binary formats see it.
pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> String {
    value.serialize(Shape).unwrap_or_else(|error| format!("!{error}"))
}

/// Returns whether a reader of `old` can read `new`, if fields have names and unknown ones are skipped.
///
/// Every old field must still exist and have the same shape.
pub(super) fn covers(old: &str, new: &str) -> bool {
    if old == new {
        return true;
    }
    let (Some((old_head, old)), Some((new_head, new))) = (fields(old), fields(new)) else { return false };
    old_head == new_head
        && old.iter().all(|(key, old)| new.iter().any(|(found, new)| found == key && covers(old, new)))
}

/// Returns the text before the braces, and the fields between them.
fn fields(shape: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let (head, rest) = shape.split_once('{')?;
    let body = rest.strip_suffix('}')?;
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in body.char_indices() {
        match c {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&body[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&body[start..]);
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    Some((head, parts.map(|part| part.split_once(": ")).collect::<Option<_>>()?))
}

/// The error for a value without a shape, which only a manual `Serialize` can cause.
#[derive(Debug)]
pub(super) struct NoShape(String);

impl Display for NoShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoShape {}

impl ser::Error for NoShape {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Shape;

/// A shape of several parts, while it is built.
struct Parts {
    text: String,
    close: char,
    /// The shape of the last element. Consecutive elements with the same shape are written once.
    last: Option<String>,
    many: bool,
    /// The key of the entry that is being written.
    key: String,
}

impl Parts {
    fn new(head: impl Display, open: char, close: char) -> Self {
        Self { text: format!("{head}{open}"), close, last: None, many: open == '[', key: String::new() }
    }

    fn push(&mut self, part: String) {
        if self.many && self.last.as_deref() == Some(&*part) {
            return;
        }
        if self.last.is_some() {
            self.text.push_str(", ");
        }
        self.text.push_str(&part);
        self.last = Some(part);
    }

    fn push_field(&mut self, key: &str, part: &str) {
        self.push(format!("{key}: {part}"));
    }

    fn end(mut self) -> String {
        self.text.push(self.close);
        self.text
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) $name:literal)*) => {$(
        fn $method(self, _: $type) -> Result<String, NoShape> {
            Ok($name.to_owned())
        }
    )*};
}

impl Serializer for Shape {
    type Ok = String;
    type Error = NoShape;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    fn is_human_readable(&self) -> bool {
        false
    }

    scalars! {
        serialize_bool(bool) "bool"
        serialize_i8(i8) "i8" serialize_i16(i16) "i16" serialize_i32(i32) "i32" serialize_i64(i64) "i64"
        serialize_i128(i128) "i128"
        serialize_u8(u8) "u8" serialize_u16(u16) "u16" serialize_u32(u32) "u32" serialize_u64(u64) "u64"
        serialize_u128(u128) "u128"
        serialize_f32(f32) "f32" serialize_f64(f64) "f64" serialize_char(char) "char"
        serialize_str(&str) "str" serialize_bytes(&[u8]) "bytes" serialize_unit_struct(&'static str) "()"
    }

    fn serialize_none(self) -> Result<String, NoShape> {
        Ok("none".to_owned())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, NoShape> {
        Ok(format!("some {}", value.serialize(Self)?))
    }

    fn serialize_unit(self) -> Result<String, NoShape> {
        Ok("()".to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String, NoShape> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
    ) -> Result<String, NoShape> {
        Ok(format!("{name}#{index}"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        value: &T,
    ) -> Result<String, NoShape> {
        Ok(format!("{name}#{index}({})", value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, NoShape> {
        Ok(Parts::new("", '[', ']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts, NoShape> {
        Ok(Parts::new("", '(', ')'))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, NoShape> {
        Ok(Parts::new("", '(', ')'))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, NoShape> {
        Ok(Parts::new(format_args!("{name}#{index}"), '(', ')'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, NoShape> {
        Ok(Parts::new("map ", '[', ']'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts, NoShape> {
        Ok(Parts::new("", '{', '}'))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, NoShape> {
        Ok(Parts::new(format_args!("{name}#{index}"), '{', '}'))
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident)*) => {$(
        impl ser::$trait for Parts {
            type Ok = String;
            type Error = NoShape;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoShape> {
                self.push(value.serialize(Shape)?);
                Ok(())
            }

            fn end(self) -> Result<String, NoShape> {
                Ok(Parts::end(self))
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field SerializeTupleVariant::serialize_field
}

macro_rules! named {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Parts {
            type Ok = String;
            type Error = NoShape;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NoShape> {
                self.push_field(key, &value.serialize(Shape)?);
                Ok(())
            }

            fn end(self) -> Result<String, NoShape> {
                Ok(Parts::end(self))
            }
        }
    )*};
}

named! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Parts {
    type Ok = String;
    type Error = NoShape;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoShape> {
        self.key = key.serialize(Shape)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoShape> {
        let entry = format!("{} to {}", self.key, value.serialize(Shape)?);
        self.push(entry);
        Ok(())
    }

    fn end(self) -> Result<String, NoShape> {
        Ok(Parts::end(self))
    }
}
