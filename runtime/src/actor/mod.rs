//! Actors that this crate runs, and tools for their handlers.

mod actor_ref;
mod ask;
mod call;
mod current_span;
mod exit;
mod handler_span;
pub mod lost_context;
mod message_span;
mod short_span;
mod spawn;
pub mod task;
mod within;

pub use actor_ref::ActorRef;
#[doc(hidden)]
pub use ask::Ask;
pub use call::CallError;
pub use current_span::{CurrentSpan, current_span};
pub use exit::Exit;
#[doc(hidden)]
pub use handler_span::EnteredHandlerSpan;
pub use handler_span::{HandlerSpan, InHandlerSpan};
pub use message_span::{EnteredSpan, InSpan, MessageSpan};
pub use short_span::short_span;
pub use spawn::{OnPanic, Spawn, spawn};
pub use within::{Within, call_within, span_within, within};

use std::future::Future;

use crate::{Envelope, Options};

/// An actor that handles messages of type `M`. Implemented by `#[traced_actor]` on an impl block.
///
/// A type has one impl for each message type that it handles. The method is named `receive` so that it is not
/// mistaken for the handler that it calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for `{M}` that `#[traced_actor]` knows",
    label = "not an actor for this type of message",
    note = "write `#[traced_actor]` on the impl block with its handler, a method that takes `&mut self` and the \
            message by value; if a receive loop is in the same block, write `#[traced_actor(spawn)]`; an impl \
            marked `local`, or a handler with further parameters, is run by its own loop"
)]
pub trait Actor<M> {
    /// The options of the attribute on the impl block.
    const OPTIONS: Options;

    /// Handles a message in its own span, which records the handler's result.
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as the handler. If the future is dropped before it completes, the span ends with `error.type`
    /// `cancelled`.
    #[rustfmt::skip] // the compiler shows this line, with its comment, where a handler is not `Send`
    fn receive(&mut self, message: Envelope<M>) -> impl Future<Output = ()> + Send; // else: `#[traced_actor(local)]`
}
