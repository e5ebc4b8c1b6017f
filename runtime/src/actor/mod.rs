//! Actors that this crate runs: their handler, their mailbox, their end.

mod actor_ref;
mod call;
mod current_span;
mod exit;
pub mod lost_context;
mod message_span;
mod short_span;
mod spawn;
pub mod task;
mod within;

pub use actor_ref::ActorRef;
pub use call::CallError;
pub use current_span::{CurrentSpan, current_span};
pub use exit::Exit;
pub use message_span::{EnteredSpan, InSpan, MessageSpan};
pub use short_span::short_span;
pub use spawn::{OnPanic, Spawn, spawn};
pub use within::{Within, call_within, within};

use std::future::Future;

use crate::{Envelope, Options};

/// A type with a handler for messages of type `M`. Implemented by `#[traced_actor]` on its impl block.
///
/// A type has one such impl for each type of message that it handles. The method is named `receive` so that it
/// is never mistaken for the handler that it calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for `{M}` that `#[traced_actor]` knows",
    label = "not an actor for this type of message",
    note = "write `#[traced_actor]` on the impl block with its handler, a method that takes `&mut self` and the \
            message by value; where a receive loop stands in the same block, write `#[traced_actor(spawn)]`; an impl \
            marked `local`, or a handler with further parameters, is run by its own loop"
)]
pub trait Actor<M> {
    /// The options that stand on the impl block.
    const OPTIONS: Options;

    /// Handles a message, bare or with its sender's context, within a span of its own, which takes the
    /// handler's result.
    ///
    /// # Cancel safety
    ///
    /// The handler's. A future that is dropped before it is done ends its span as `cancelled`.
    #[rustfmt::skip] // the compiler shows this line, with its comment, where a handler is not `Send`
    fn receive(&mut self, message: Envelope<M>) -> impl Future<Output = ()> + Send; // else: `#[traced_actor(local)]`
}
