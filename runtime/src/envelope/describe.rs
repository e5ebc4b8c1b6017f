//! How a message of some type is described, with the annotation or without: one function pointer.

use std::fmt;

use super::Message;
use crate::record::{Description, Fields, RecordFields, type_kind};
use crate::sampling::{Kind, Options};

/// Describes messages of type `M`. A channel keeps one, so that its sends and receives need no bound on `M`.
pub struct Describe<M> {
    describe: fn(&M, See<'_>),
    kind: fn(&M) -> &'static Kind,
}

/// Takes the description, which borrows from the message.
type See<'a> = &'a mut dyn FnMut(&Description<'_>);

impl<M> Describe<M> {
    /// By the annotation.
    pub const fn message() -> Self
    where
        M: Message,
    {
        Self {
            describe: |message, see| {
                see(&Description {
                    kind: message.kind(),
                    options: M::OPTIONS,
                    type_name: std::any::type_name::<M>(),
                    fanout: message.fanout().map(|n| n as u64),
                    key: message.key(),
                    fields: &FieldsOf(message),
                });
            },
            kind: M::kind,
        }
    }

    /// By the type's name, for a type of another crate.
    pub const fn type_name() -> Self {
        Self {
            describe: |_, see| {
                let kind = type_kind::<M>();
                see(&Description {
                    kind,
                    options: Options::new(),
                    type_name: std::any::type_name::<M>(),
                    fanout: None,
                    key: None,
                    fields: &NoFields,
                });
            },
            kind: |_| type_kind::<M>(),
        }
    }

    pub(crate) fn kind(self, message: &M) -> &'static Kind {
        (self.kind)(message)
    }

    pub(crate) fn with<T>(self, message: &M, see: impl FnOnce(&Description<'_>) -> T) -> T {
        let mut see = Some(see);
        let mut seen = None;
        (self.describe)(message, &mut |description| {
            seen = see.take().map(|see| see(description));
        });
        // Both descriptions above call `see` once.
        seen.expect("a description was given")
    }
}

struct FieldsOf<'a, M>(&'a M);

impl<M: Message> RecordFields for FieldsOf<'_, M> {
    fn record(&self, fields: &mut Fields<'_>) {
        self.0.record(fields);
    }
}

struct NoFields;

impl RecordFields for NoFields {
    fn record(&self, _: &mut Fields<'_>) {}
}

impl<M> Clone for Describe<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Describe<M> {}

impl<M> fmt::Debug for Describe<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Describe")
    }
}
