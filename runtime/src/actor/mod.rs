//! Actors that this crate runs: their handler, their mailbox, their end.

mod actor_ref;
mod call;
mod handling;
mod spawn;
pub mod task;

pub use actor_ref::ActorRef;
pub use call::CallError;
pub use handling::{EnteredHandling, Handled, Handling};
pub use spawn::{Exit, OnPanic, Spawn, spawn};

use std::future::Future;

use crate::{Envelope, Message, Options};

/// A type with a handler for one type of message. Implemented by `#[traced_actor]` on its impl block.
///
/// Its method is named `receive` so that it is never mistaken for the handler that it calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a traced actor",
    label = "no handler of this type is known",
    note = "write `#[traced_actor]` on the impl block with its handler, an `async fn` that takes `&mut self` and the \
            message by value; an impl marked `local`, or a handler with further parameters, is run by its own loop"
)]
pub trait Actor: Send + 'static {
    /// The options that stand on the impl block.
    const OPTIONS: Options;
    /// The messages that it handles.
    type Message: Message + Send + 'static;
    /// What its handler returns.
    type Output: Send;

    /// Handles a message, bare or with its sender's context, within a span of its own.
    ///
    /// # Cancel safety
    ///
    /// The handler's. A future that is dropped before it is done ends its span as `cancelled`.
    fn receive(&mut self, message: Envelope<Self::Message>) -> impl Future<Output = Self::Output> + Send;
}
