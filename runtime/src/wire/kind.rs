//! Finds out what a value is in serde's data model, by running its `Serialize` up to the first call.

use std::cell::Cell;

use serde::ser::{Impossible, Serialize, Serializer};

use super::groups::refuse_methods;
use super::stopped::Stopped;

/// The outermost kind of a value in serde's data model.
#[derive(Debug, Clone, Copy)]
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
    KIND.set(ValueKind::Failed);
    value.serialize(Ask { human_readable, into_newtypes: false }).err();
    KIND.get()
}

thread_local! {
    /// The kind at the first call, whatever a `Serialize` makes of the error that ends it.
    static KIND: Cell<ValueKind> = const { Cell::new(ValueKind::Failed) };
}

fn answer<T>(kind: ValueKind) -> Result<T, Stopped> {
    KIND.set(kind);
    Err(Stopped)
}

/// A serializer that answers at the first call.
pub(super) struct Ask {
    pub(super) human_readable: bool,
    /// Whether the content of a newtype answers.
    pub(super) into_newtypes: bool,
}

impl Serializer for Ask {
    type Ok = std::convert::Infallible;
    type Error = Stopped;

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Stopped> {
        if self.into_newtypes { value.serialize(self) } else { answer(ValueKind::Newtype) }
    }

    refuse_methods!(answer(ValueKind::Variant) => unit_variant variants);
    refuse_methods!(answer(ValueKind::Other) => scalars texts unit_struct seq tuple_struct);
    refuse_methods!(answer(ValueKind::Map) => map struct);
}
