//! Finds out what a value is in serde's data model, by running its `Serialize` up to the first call.

use std::cell::Cell;

use serde::ser::{Impossible, Serialize, Serializer};

use super::groups::refuse_methods;
use super::stopped::Stopped;

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
    KIND.set(ValueKind::Failed);
    value.serialize(Ask { human_readable }).err();
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
struct Ask {
    human_readable: bool,
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
        _: &T,
    ) -> Result<Self::Ok, Stopped> {
        answer(ValueKind::Newtype)
    }

    refuse_methods!(answer(ValueKind::Variant) => unit_variant variants);
    refuse_methods!(answer(ValueKind::Other) => scalars texts unit_struct seq tuple_struct);
    refuse_methods!(answer(ValueKind::Map) => map struct);
}
