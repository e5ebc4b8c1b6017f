//! Finds out what a value is in serde's data model, by running its `Serialize` up to the first call.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

/// The outermost kind of a value in serde's data model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A variant of an externally tagged enum.
    Variant {
        /// The name of the enum.
        of: &'static str,
        /// Whether it has no content.
        is_unit: bool,
    },
    /// A newtype. Its content decides.
    Newtype,
    /// A map or a struct.
    Map,
    /// A text, such as the key of a map in most formats.
    Text,
    /// Any other kind.
    Other,
    /// An error of its `Serialize` before the first call. Serializing the value returns the error.
    Failed,
}

/// Returns the kind of a value, without reading its content.
#[inline]
pub fn of<T: Serialize + ?Sized>(value: &T, human_readable: bool) -> ValueKind {
    match value.serialize(Ask { human_readable }) {
        Ok(never) => match never {},
        Err(Answer(kind)) => kind,
    }
}

/// Returns the kind of a value within all newtypes around it.
pub fn within_newtypes<T: Serialize + ?Sized>(value: &T, human_readable: bool) -> ValueKind {
    match of(value, human_readable) {
        ValueKind::Newtype => match value.serialize(Unwrap { human_readable }) {
            Ok(never) => match never {},
            Err(Answer(kind)) => kind,
        },
        kind => kind,
    }
}

enum Never {}

#[derive(Debug)]
struct Answer(ValueKind);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is written here")
    }
}

impl std::error::Error for Answer {}

impl ser::Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(ValueKind::Failed)
    }
}

/// Answers at once.
struct Ask {
    human_readable: bool,
}

/// Answers behind newtypes.
struct Unwrap {
    human_readable: bool,
}

macro_rules! answers {
    ($($method:ident($($type:ty),*) -> $ok:ty = $kind:expr;)*) => {$(
        #[inline]
        fn $method(self, $(_: $type),*) -> Result<$ok, Answer> {
            Err(Answer($kind))
        }
    )*};
}

macro_rules! serializer {
    ($serializer:ident, |$this:ident, $value:ident| $newtype:expr) => {
        impl Serializer for $serializer {
            type Ok = Never;
            type Error = Answer;
            type SerializeSeq = Impossible<Never, Answer>;
            type SerializeTuple = Impossible<Never, Answer>;
            type SerializeTupleStruct = Impossible<Never, Answer>;
            type SerializeTupleVariant = Impossible<Never, Answer>;
            type SerializeMap = Impossible<Never, Answer>;
            type SerializeStruct = Impossible<Never, Answer>;
            type SerializeStructVariant = Impossible<Never, Answer>;

            fn is_human_readable(&self) -> bool {
                self.human_readable
            }

            #[inline]
            fn serialize_newtype_struct<T: Serialize + ?Sized>(
                self,
                _: &'static str,
                $value: &T,
            ) -> Result<Never, Answer> {
                let $this = self;
                $newtype
            }

            #[inline]
            fn serialize_newtype_variant<T: Serialize + ?Sized>(
                self,
                of: &'static str,
                _: u32,
                _: &'static str,
                _: &T,
            ) -> Result<Never, Answer> {
                Err(Answer(ValueKind::Variant { of, is_unit: false }))
            }

            #[inline]
            fn serialize_unit_variant(
                self,
                of: &'static str,
                _: u32,
                _: &'static str,
            ) -> Result<Never, Answer> {
                Err(Answer(ValueKind::Variant { of, is_unit: true }))
            }

            #[inline]
            fn serialize_tuple_variant(
                self,
                of: &'static str,
                _: u32,
                _: &'static str,
                _: usize,
            ) -> Result<Self::SerializeTupleVariant, Answer> {
                Err(Answer(ValueKind::Variant { of, is_unit: false }))
            }

            #[inline]
            fn serialize_struct_variant(
                self,
                of: &'static str,
                _: u32,
                _: &'static str,
                _: usize,
            ) -> Result<Self::SerializeStructVariant, Answer> {
                Err(Answer(ValueKind::Variant { of, is_unit: false }))
            }

            fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Never, Answer> {
                Err(Answer(ValueKind::Other))
            }

            answers! {
                serialize_bool(bool) -> Never = ValueKind::Other;
                serialize_i8(i8) -> Never = ValueKind::Other;
                serialize_i16(i16) -> Never = ValueKind::Other;
                serialize_i32(i32) -> Never = ValueKind::Other;
                serialize_i64(i64) -> Never = ValueKind::Other;
                serialize_i128(i128) -> Never = ValueKind::Other;
                serialize_u8(u8) -> Never = ValueKind::Other;
                serialize_u16(u16) -> Never = ValueKind::Other;
                serialize_u32(u32) -> Never = ValueKind::Other;
                serialize_u64(u64) -> Never = ValueKind::Other;
                serialize_u128(u128) -> Never = ValueKind::Other;
                serialize_f32(f32) -> Never = ValueKind::Other;
                serialize_f64(f64) -> Never = ValueKind::Other;
                serialize_char(char) -> Never = ValueKind::Text;
                serialize_str(&str) -> Never = ValueKind::Text;
                serialize_bytes(&[u8]) -> Never = ValueKind::Other;
                serialize_none() -> Never = ValueKind::Other;
                serialize_unit() -> Never = ValueKind::Other;
                serialize_unit_struct(&'static str) -> Never = ValueKind::Other;
                serialize_seq(Option<usize>) -> Self::SerializeSeq = ValueKind::Other;
                serialize_tuple(usize) -> Self::SerializeTuple = ValueKind::Other;
                serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct = ValueKind::Other;
                serialize_map(Option<usize>) -> Self::SerializeMap = ValueKind::Map;
                serialize_struct(&'static str, usize) -> Self::SerializeStruct = ValueKind::Map;
            }
        }
    };
}

serializer!(Ask, |_this, _value| Err(Answer(ValueKind::Newtype)));
serializer!(Unwrap, |this, value| value.serialize(this));
