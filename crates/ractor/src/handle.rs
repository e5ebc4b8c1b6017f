//! Handles a message in its span.

use std::future::Future;

use ractor::{ActorId, ActorProcessingErr};
use traced_actor::Options;
use traced_actor::actor::HandlerSpan;
use traced_actor::record::Failure;
use traced_actor::sync::wrap::Describe;

use crate::failure;
use crate::handover;
use crate::message::TracedMessage;

type Handled = Result<(), ActorProcessingErr>;

/// Opens the span of a message that the actor `to` handles.
///
/// If ractor has not just taken the message out of the mailbox, it was passed by code, such as an actor that wraps
/// another one. That is a direct call, which continues the caller's span.
#[inline]
pub fn open<M: TracedMessage>(options: &'static Options, to: ActorId, message: &M) -> HandlerSpan {
    let (context, ask) = handover::take::<M>(to).unzip();
    let span = HandlerSpan::open(message, context, Describe::message(), options, || Some(message.is_call()));
    if let Some(ask) = ask.flatten() {
        ask.taken(&span);
    }
    span
}

/// Runs the handler's future in the span.
#[inline]
pub fn handle(span: HandlerSpan, future: impl Future<Output = Handled>) -> impl Future<Output = Handled> {
    span.run(future, failed)
}

#[inline]
fn failed(output: &Handled) -> Option<Failure<'_>> {
    output.as_ref().err().map(failure::returned)
}
