//! A serializer that accepts only an enum's variants, under the names and numbers of a [`Naming`].

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{Impossible, Serialize, SerializeTupleVariant, Serializer};

use super::carrier::WriteContext;
use super::groups::refuse_methods;
use super::kind::{self, ValueKind};
use super::{RESERVED_INDEX, RESERVED_NAME};
use super::{refused, take_refusal};

/// The names and numbers of variants on the wire.
pub(super) trait Naming: Copy {
    /// Returns the number and name for the variant that serde's derive knows by these. Returns an error to refuse it.
    fn name(self, index: u32, name: &'static str) -> Result<(u32, &'static str), impl Display>;

    /// Writes `value` under these names.
    fn write<T: Serialize + ?Sized, S: Serializer>(
        self,
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(Variants { serializer, naming: self })
    }
}

/// Writes an envelope around the enum, within the newtypes around it.
///
/// A format that writes newtypes, such as RON, is read from the outside to the inside.
#[derive(Clone, Copy)]
pub(super) struct InEnvelope<'a>(pub(super) WriteContext<'a>);

impl Naming for InEnvelope<'_> {
    fn name(self, _: u32, name: &'static str) -> Result<(u32, &'static str), impl Display> {
        // A message that looks like a variant at the first call must still be one when it is written.
        Err::<(u32, &'static str), _>(format!("`{name}` was no variant before"))
    }

    fn write<T: Serialize + ?Sized, S: Serializer>(
        self,
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let human_readable = serializer.is_human_readable();
        match kind::of(value, human_readable) {
            // If it failed, its own error is more precise.
            ValueKind::Newtype | ValueKind::Failed => value.serialize(Variants { serializer, naming: self }),
            ValueKind::Variant => {
                let envelope =
                    serializer.serialize_tuple_variant("Envelope", RESERVED_INDEX, RESERVED_NAME, 2);
                let mut envelope = envelope?;
                envelope.serialize_field(&self.0)?;
                envelope.serialize_field(&Via { value, naming: AsIs { human_readable } })?;
                envelope.end()
            }
            _ => no_variant(),
        }
    }
}

/// Uses the names of serde's derive, and refuses the reserved one.
#[derive(Clone, Copy)]
pub(super) struct AsIs {
    /// Whether the format writes names, as formats for people do, and no numbers.
    pub(super) human_readable: bool,
}

impl Naming for AsIs {
    fn name(self, index: u32, name: &'static str) -> Result<(u32, &'static str), impl Display> {
        if (index == RESERVED_INDEX && !self.human_readable) || name == RESERVED_NAME {
            return Err(format!(
                "variant `{name}`, number {index}, cannot be in an envelope: the name {RESERVED_NAME} and the number \
                 {RESERVED_INDEX} are reserved for the envelope. Rename it, or move some variants into another enum \
                 so that at most {RESERVED_INDEX} are left, or use `headers` to carry the context"
            ));
        }
        Ok((index, name))
    }
}

/// Keeps the number of the variant, and writes nothing.
#[derive(Clone, Copy)]
struct Number<'a>(&'a Cell<Option<u32>>);

impl Naming for Number<'_> {
    fn name(self, index: u32, _: &'static str) -> Result<(u32, &'static str), impl Display> {
        self.0.set(Some(index));
        Err::<(u32, &'static str), _>("nothing is written here")
    }
}

/// Returns the number of the variant that `value` is written as in a binary format, within newtypes.
#[cold]
pub(super) fn number_of<T: Serialize + ?Sized>(value: &T) -> Option<u32> {
    let number = Cell::new(None);
    Number(&number).write(value, kind::Ask { human_readable: false, into_newtypes: true }).err();
    // It was no refusal of the message.
    take_refusal();
    number.get()
}

/// A value that is written through [`Variants`].
pub(super) struct Via<'a, T: ?Sized, N> {
    pub(super) value: &'a T,
    pub(super) naming: N,
}

impl<T: Serialize + ?Sized, N: Naming> Serialize for Via<'_, T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.naming.write(self.value, serializer)
    }
}

/// A serializer that passes only variants to the format's serializer.
pub(super) struct Variants<S, N> {
    pub(super) serializer: S,
    pub(super) naming: N,
}

impl<S: Serializer, N: Naming> Variants<S, N> {
    fn name(&self, index: u32, name: &'static str) -> Result<(u32, &'static str), S::Error> {
        self.naming.name(index, name).map_err(refused)
    }
}

fn no_variant<T, E: serde::ser::Error>() -> Result<T, E> {
    Err(refused(
        "the message is not written as an externally tagged enum: only `Sidecar`, `Prefixed` or `headers` can carry \
         its context",
    ))
}

impl<S: Serializer, N: Naming> Serializer for Variants<S, N> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeTupleVariant = S::SerializeTupleVariant;
    type SerializeStructVariant = S::SerializeStructVariant;

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    fn serialize_unit_variant(
        self,
        of: &'static str,
        index: u32,
        name: &'static str,
    ) -> Result<S::Ok, S::Error> {
        let (index, name) = self.name(index, name)?;
        self.serializer.serialize_unit_variant(of, index, name)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        of: &'static str,
        index: u32,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let (index, name) = self.name(index, name)?;
        self.serializer.serialize_newtype_variant(of, index, name, value)
    }

    fn serialize_tuple_variant(
        self,
        of: &'static str,
        index: u32,
        name: &'static str,
        len: usize,
    ) -> Result<S::SerializeTupleVariant, S::Error> {
        let (index, name) = self.name(index, name)?;
        self.serializer.serialize_tuple_variant(of, index, name, len)
    }

    fn serialize_struct_variant(
        self,
        of: &'static str,
        index: u32,
        name: &'static str,
        len: usize,
    ) -> Result<S::SerializeStructVariant, S::Error> {
        let (index, name) = self.name(index, name)?;
        self.serializer.serialize_struct_variant(of, index, name, len)
    }

    /// Serializes a newtype around the enum.
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.serializer.serialize_newtype_struct(name, &Via { value, naming: self.naming })
    }

    refuse_methods!(no_variant() => scalars texts unit_struct seq tuple_struct map struct);
}
