//! The description of a message type, with or without the attribute: two function pointers.

use std::fmt;

use super::Message;
use crate::observe::MessageType;
use crate::record::{Description, Fields, NoFields, RecordFields, SentAs, type_kind};
use crate::sampling::{Kind, Options};

/// Describes messages of type `M`: their kind, and their options, fields and key.
///
/// A channel keeps one, so that its methods need no bound on `M`.
pub struct Describe<M> {
    describe: fn(&M) -> Description<'_>,
    /// The part that is needed while nothing is sampled. It fits into two registers.
    kind: fn(&M) -> (&'static Kind, &'static Options),
}

impl<M> Describe<M> {
    /// Creates the description of a type with `#[traced_actor]`.
    pub const fn message() -> Self
    where
        M: Message,
    {
        Self {
            describe: |message| Description {
                kind: message.kind(),
                options: const { &M::OPTIONS },
                type_name: std::any::type_name::<M>(),
                fanout: message.fanout().map(|n| n as u64),
                key: message.key(),
                fields: message,
                sent: if M::ASKS { SentAs::Call } else { SentAs::OfKind },
            },
            kind: |message| (message.kind(), const { &M::OPTIONS }),
        }
    }

    /// Creates the description of any type, such as one of another crate. The kind is the type's name.
    pub const fn type_name() -> Self {
        Self {
            describe: |_| Description {
                kind: type_kind::<M>(),
                options: const { &Options::new() },
                type_name: std::any::type_name::<M>(),
                fanout: None,
                key: None,
                fields: &NoFields,
                sent: SentAs::OfKind,
            },
            kind: |_| (type_kind::<M>(), const { &Options::new() }),
        }
    }

    #[inline]
    pub(crate) fn kind(self, message: &M) -> &'static Kind {
        (self.kind)(message).0
    }

    /// Returns the kind of `message`, and the options of its type's annotation.
    #[inline]
    pub(crate) fn kind_and_options(self, message: &M) -> (&'static Kind, &'static Options) {
        (self.kind)(message)
    }

    /// Returns the description of `message` for an observer.
    #[doc(hidden)]
    pub fn message_type(self, message: &M) -> MessageType {
        let (kind, options) = self.kind_and_options(message);
        MessageType::new(std::any::type_name::<M>(), kind, options.actor_name())
    }

    /// Returns the full description of `message`.
    #[inline]
    pub(crate) fn of(self, message: &M) -> Description<'_> {
        (self.describe)(message)
    }
}

impl<M: Message> RecordFields for M {
    fn record(&self, fields: &mut Fields<'_>) {
        Message::record(self, fields);
    }
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
