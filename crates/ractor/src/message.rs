//! The trait of message types.

/// A message of ractor that carries its sender's trace. Implemented by `#[traced_actor(ractor)]` on the enum or struct.
///
/// A type with a hand-written [`ractor::Message`] needs four lines, with [`box_message`](crate::box_message) and
/// [`from_boxed`](crate::from_boxed), which has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not carry a trace through ractor",
    label = "no `#[traced_actor(ractor)]` on this type",
    note = "write `#[traced_actor(ractor)]` on the message's enum or struct, above its `#[derive(RactorMessage)]` or \
            `#[derive(RactorClusterMessage)]`",
    note = "if the type is in another crate, put it into your own struct, or remove the attribute from the actor"
)]
pub trait TracedMessage: ractor::Message + traced_actor::Message {
    /// Returns whether its sender waits for a reply, because it has an [`RpcReplyPort`](ractor::RpcReplyPort).
    fn is_call(&self) -> bool {
        false
    }
}
