//! What the macro knows of a message type.

use crate::record::Fields;
use crate::sampling::{Key, Kind, Options};

/// A type whose values are messages of an actor. Implemented by `#[traced_actor]` on the enum or struct.
///
/// Its methods only look at the message; what they return is used where a trace is decided about or recorded,
/// and nowhere else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a traced message",
    label = "no `#[traced_actor]` on this type",
    note = "write `#[traced_actor]` on an enum or struct of your own; for any other type make the channel with \
            `mpsc::channel_named_by_type` or `mpsc::unbounded_channel_named_by_type`"
)]
pub trait Message {
    /// The options that stand on the message type; its actor's own come first.
    const OPTIONS: Options = Options::new();

    /// The kind of this message: its variant.
    fn kind(&self) -> &'static Kind;

    /// How many messages handling this one will send (`#[traced(fanout = …)]`).
    fn fanout(&self) -> Option<usize> {
        None
    }

    /// Records the fields that the annotation asks for (`#[traced(fields(…))]`).
    fn record(&self, fields: &mut Fields<'_>) {
        let _ = fields;
    }

    /// What the message is about (`#[traced(key = …)]`).
    fn key(&self) -> Option<Key<'_>> {
        None
    }
}
