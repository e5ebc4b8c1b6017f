//! Finds out what a value is in serde's data model, by running its `Serialize` up to the first call.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

use super::groups::refuse_methods;

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
    Ask { human_readable, within_newtypes: false }.about(value)
}

/// Returns the kind of a value within all newtypes around it.
pub fn within_newtypes<T: Serialize + ?Sized>(value: &T, human_readable: bool) -> ValueKind {
    Ask { human_readable, within_newtypes: true }.about(value)
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

/// A serializer that answers at the first call, or within newtypes.
struct Ask {
    human_readable: bool,
    within_newtypes: bool,
}

impl Ask {
    #[inline]
    fn about<T: Serialize + ?Sized>(self, value: &T) -> ValueKind {
        match value.serialize(self) {
            Ok(never) => match never {},
            Err(Answer(kind)) => kind,
        }
    }
}

impl Serializer for Ask {
    type Ok = Never;
    type Error = Answer;
    type SerializeTupleVariant = Impossible<Never, Answer>;
    type SerializeStructVariant = Impossible<Never, Answer>;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Never, Answer> {
        if self.within_newtypes { value.serialize(self) } else { Err(Answer(ValueKind::Newtype)) }
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
    fn serialize_unit_variant(self, of: &'static str, _: u32, _: &'static str) -> Result<Never, Answer> {
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

    refuse_methods!(Err(Answer(ValueKind::Other)) => scalars unit_struct seq tuple_struct);
    refuse_methods!(Err(Answer(ValueKind::Text)) => texts);
    refuse_methods!(Err(Answer(ValueKind::Map)) => map struct);
}
