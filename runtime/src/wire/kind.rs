//! Finds out what a value is in serde's data model, by running its `Serialize` up to the first call.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

use super::groups::refuse_methods;

/// The outermost kind of a value in serde's data model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A variant of an externally tagged enum.
    Variant,
    /// A newtype. Its content decides.
    Newtype,
    /// A map or a struct.
    Map,
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

/// A serializer that answers at the first call.
struct Ask {
    human_readable: bool,
}

impl Serializer for Ask {
    type Ok = Never;
    type Error = Answer;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<Never, Answer> {
        Err(Answer(ValueKind::Newtype))
    }

    refuse_methods!(Err(Answer(ValueKind::Variant)) => unit_variant variants);
    refuse_methods!(Err(Answer(ValueKind::Other)) => scalars texts unit_struct seq tuple_struct);
    refuse_methods!(Err(Answer(ValueKind::Map)) => map struct);
}
