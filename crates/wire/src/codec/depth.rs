//! Finds out how deeply a message is nested, by running its `Serialize` without output.

use std::fmt;

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Returns whether more than `levels` values are nested in each other.
///
/// A list, a map, a struct, a newtype, an `Option` and a variant are a level each. A variant with several fields is two.
pub(super) fn exceeds<T: Serialize + ?Sized>(value: &T, levels: usize) -> bool {
    // The form of the format is not known, and some types have two.
    [true, false].into_iter().any(|human_readable| {
        matches!(value.serialize(Level { left: levels, human_readable }), Err(Stopped::TooDeep))
    })
}

/// A serializer that has a number of levels left, and fails when there are none.
#[derive(Clone, Copy)]
struct Level {
    left: usize,
    human_readable: bool,
}

#[derive(Debug)]
enum Stopped {
    TooDeep,
    /// The type's own error. Writing the value returns it.
    Failed,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is written here")
    }
}

impl std::error::Error for Stopped {}

impl ser::Error for Stopped {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Failed
    }
}

impl Level {
    fn below(self, levels: usize) -> Result<Self, Stopped> {
        match self.left.checked_sub(levels) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(Stopped::TooDeep),
        }
    }
}

/// Accepts values without content.
macro_rules! scalars {
    ($($method:ident($($type:ty)?))*) => {$(
        fn $method(self $(, _: $type)?) -> Result<(), Stopped> {
            Ok(())
        }
    )*};
}

impl Serializer for Level {
    type Ok = ();
    type Error = Stopped;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    scalars! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_i128(i128) serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_u128(u128) serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_str(&str)
        serialize_bytes(&[u8]) serialize_none() serialize_unit() serialize_unit_struct(&'static str)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Stopped> {
        self.below(1).map(|_| ())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stopped> {
        value.serialize(self.below(1)?)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Stopped> {
        value.serialize(self.below(1)?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Stopped> {
        value.serialize(self.below(1)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Stopped> {
        self.below(1)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Stopped> {
        self.below(1)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Stopped> {
        self.below(1)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Stopped> {
        self.below(2)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Stopped> {
        self.below(1)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Stopped> {
        self.below(1)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Stopped> {
        self.below(2)
    }
}

/// Accepts the elements of a container, each at the level below it.
macro_rules! containers {
    ($($trait:ident::$method:ident($($key:ty)?))*) => {$(
        impl $trait for Level {
            type Ok = ();
            type Error = Stopped;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Result<(), Stopped> {
                value.serialize(*self)
            }

            fn end(self) -> Result<(), Stopped> {
                Ok(())
            }
        }
    )*};
}

containers! {
    SerializeSeq::serialize_element()
    SerializeTuple::serialize_element()
    SerializeTupleStruct::serialize_field()
    SerializeTupleVariant::serialize_field()
    SerializeStruct::serialize_field(&'static str)
    SerializeStructVariant::serialize_field(&'static str)
}

impl SerializeMap for Level {
    type Ok = ();
    type Error = Stopped;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stopped> {
        key.serialize(*self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stopped> {
        value.serialize(*self)
    }

    fn end(self) -> Result<(), Stopped> {
        Ok(())
    }
}
