//! Writes the fields of a struct as those of a retired variant.

use serde::ser::{
    Impossible, Serialize, SerializeStruct, SerializeStructVariant, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

use super::table::RetiredVariant;
use crate::wire::groups::refuse_methods;
use crate::wire::refused;

/// A serializer for a message in a retired shape.
#[derive(Debug)]
pub struct Older<S> {
    serializer: S,
    of: &'static str,
    retired: RetiredVariant,
}

/// The result of an attempt to write a message in a retired shape.
#[expect(missing_debug_implementations, reason = "it lives between two calls")]
pub struct Written<S: Serializer>(pub(super) Result<Result<S::Ok, S::Error>, S>);

impl<S: Serializer> Older<S> {
    pub(super) const fn new(serializer: S, of: &'static str, retired: RetiredVariant) -> Self {
        Self { serializer, of, retired }
    }

    /// Writes the old shape, or leaves the message if `old` is `None`.
    pub fn write<T: Serialize>(self, old: Option<T>) -> Written<S> {
        match old {
            Some(old) => Written(Ok(old.serialize(self))),
            None => self.leave(),
        }
    }

    /// Leaves the message, because it has no such shape.
    pub fn leave(self) -> Written<S> {
        Written(Err(self.serializer))
    }

    fn parts(self) -> Result<(S, &'static str, u32, &'static str), S::Error> {
        let RetiredVariant { shape, index, name, .. } = self.retired;
        match (index, name) {
            (Some(index), Some(name)) => Ok((self.serializer, self.of, index, name)),
            _ => Err(refused(format_args!("{shape} needs a name and an index to be written"))),
        }
    }
}

/// Writes the fields of a struct as those of a variant.
#[expect(missing_debug_implementations, reason = "it lives between two calls")]
pub struct Fields<F>(F);

fn no_struct<T, E: serde::ser::Error>() -> Result<T, E> {
    Err(refused("the type of a retired shape must be a struct"))
}

impl<S: Serializer> Serializer for Older<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeTupleStruct = Fields<S::SerializeTupleVariant>;
    type SerializeStruct = Fields<S::SerializeStructVariant>;

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        let (serializer, of, index, name) = self.parts()?;
        serializer.serialize_struct_variant(of, index, name, len).map(Fields)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        let (serializer, of, index, name) = self.parts()?;
        serializer.serialize_tuple_variant(of, index, name, len).map(Fields)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let (serializer, of, index, name) = self.parts()?;
        serializer.serialize_newtype_variant(of, index, name, value)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<S::Ok, S::Error> {
        let (serializer, of, index, name) = self.parts()?;
        serializer.serialize_unit_variant(of, index, name)
    }

    refuse_methods!(no_struct() => scalars texts seq map unit_variant variants);
}

impl<F: SerializeStructVariant> SerializeStruct for Fields<F> {
    type Ok = F::Ok;
    type Error = F::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), F::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), F::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<F::Ok, F::Error> {
        self.0.end()
    }
}

impl<F: SerializeTupleVariant> SerializeTupleStruct for Fields<F> {
    type Ok = F::Ok;
    type Error = F::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), F::Error> {
        self.0.serialize_field(value)
    }

    fn end(self) -> Result<F::Ok, F::Error> {
        self.0.end()
    }
}
