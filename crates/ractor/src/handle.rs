//! A message is handled: in its span.

use std::fmt;

use ractor::{ActorId, ActorProcessingErr};
use traced_actor::record::Failure;
use traced_actor::{Envelope, MessageSpan, Options, current_span};

use crate::failure;
use crate::handover;
use crate::message::TracedMessage;

/// A message that an actor is called with, and its span.
pub struct Opened<M> {
    message: M,
    is_call: bool,
    handling: MessageSpan,
}

/// Opens the span of a message that the actor `to` is called with.
///
/// A message that ractor has not taken out for it just now was given by hand, as by an actor that wraps another: that is a
/// direct call, which goes on with what its caller works on.
pub fn open<M: TracedMessage>(options: &'static Options, to: ActorId, message: M) -> Opened<M> {
    let is_call = message.is_call();
    let envelope = match handover::take::<M>(to) {
        Some(carried) => Envelope::new(message, carried),
        None => Envelope::bare(message),
    };
    let (message, handling) = envelope.open_in(options);
    Opened { message, is_call, handling }
}

impl<M> fmt::Debug for Opened<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("is_call", &self.is_call).finish_non_exhaustive()
    }
}

impl<M> Opened<M> {
    /// Handles the message in its span.
    ///
    /// # Errors
    ///
    /// As the handler.
    pub async fn handle<F: Future<Output = Result<(), ActorProcessingErr>>>(
        self,
        handler: impl FnOnce(M) -> F,
    ) -> Result<(), ActorProcessingErr> {
        let Self { message, is_call, mut handling } = self;
        let work = async {
            current_span().set_attribute("actor.message.type", if is_call { "call" } else { "cast" });
            handler(message).await
        };
        let output = handling.run(work).await;
        let failure = output.as_ref().err().map(|error| Failure::new(failure::returned(error), Some(error)));
        handling.end(failure);
        output
    }
}
