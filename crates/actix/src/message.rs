//! The trait of message types.

use actix::Message;
use traced_actor::record::Failure;

/// A message of actix with its own description. Implemented by `#[traced_actor(actix)]` on the struct or enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[traced_actor(actix)]`",
    label = "this message is sent to a traced actor",
    note = "write `#[traced_actor(actix)]` on the struct or enum `{Self}`",
    note = "to name all messages of an actor by their types instead, so that none needs an attribute, write \
            `#[traced_actor(actix, by_type)]` on its `impl Actor`"
)]
pub trait TracedMessage: Message + traced_actor::Message {
    /// Returns the failure if the result of the message is an error.
    fn failure(result: &Self::Result) -> Option<Failure<'_>> {
        let _ = result;
        None
    }
}
