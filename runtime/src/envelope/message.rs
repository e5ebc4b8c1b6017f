//! The trait of message types, which the macro implements.

use crate::record::Fields;
use crate::sampling::{Key, Kind, Options};

/// A message type. Implemented by `#[traced_actor]` on an enum or a struct.
///
/// Types of std and the senders of channels are messages as well. Their kind is the type's name. A `Box`, an `Arc` and
/// a tuple have the kind of the message in them: that of `(Order, oneshot::Sender<u32>)` is the kind of the order.
///
/// The methods describe a message. Their results are used only to make sampling decisions and to record spans.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a traced message",
    label = "no `#[traced_actor]` on this type",
    note = "write `#[traced_actor]` on your own enum or struct, or name the type in the attribute of its actor: \
            `#[traced_actor(by_type(..))]`",
    note = "for a type of another crate, create the channel with `mpsc::channel_named_by_type` or \
            `mpsc::unbounded_channel_named_by_type`"
)]
pub trait Message {
    /// The options of the attribute on the message type. The actor's own options take precedence.
    const OPTIONS: Options = Options::new();

    /// The weight of the type in a message that it is a part of.
    ///
    /// The part with the highest rank determines the kind of the whole.
    #[doc(hidden)]
    const RANK: u8 = 3;

    /// Whether its sender waits for an answer, whatever its kind says: it holds a `oneshot::Sender`.
    #[doc(hidden)]
    const ASKS: bool = Self::RANK == 0;

    /// Returns the kind of this message, which is its variant.
    fn kind(&self) -> &'static Kind;

    /// Returns how many messages the handler will send (`#[traced(fanout = …)]`).
    fn fanout(&self) -> Option<usize> {
        None
    }

    /// Records the fields that `#[traced(fields(…))]` selects.
    fn record(&self, fields: &mut Fields<'_>) {
        let _ = fields;
    }

    /// Returns the sampling key of the message (`#[traced(key = …)]`).
    fn key(&self) -> Option<Key<'_>> {
        None
    }
}
