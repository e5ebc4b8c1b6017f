//! A message is handled: in its span.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use ractor::{ActorId, ActorProcessingErr};
use traced_actor::record::Failure;
use traced_actor::{Envelope, MessageSpan, Options, current_span};

use crate::failure;
use crate::handover;
use crate::message::TracedMessage;

/// The span of a message that an actor is called with.
pub struct Opened {
    span: MessageSpan,
    is_call: bool,
}

/// Opens the span of a message that the actor `to` is called with, and returns the message.
///
/// A message that ractor has not taken out for it just now was given by hand, as by an actor that wraps another: that is a
/// direct call, which goes on with what its caller works on.
#[inline]
pub fn open<M: TracedMessage>(options: &'static Options, to: ActorId, message: M) -> (M, Opened) {
    let is_call = message.is_call();
    let envelope = match handover::take::<M>(to) {
        Some(carried) => Envelope::new(message, carried),
        None => Envelope::bare(message),
    };
    let (message, span) = envelope.open_in(options);
    (message, Opened { span, is_call })
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("is_call", &self.is_call).finish_non_exhaustive()
    }
}

impl Opened {
    /// Runs the handler's future in the span.
    #[inline]
    pub fn handle<F>(self, future: F) -> Handling<F>
    where
        F: Future<Output = Result<(), ActorProcessingErr>>,
    {
        Handling { span: Some(self.span), is_call: self.is_call, begun: false, future: Some(future) }
    }
}

pin_project! {
    /// The future of a handler, with the span by value: ractor moves it, so it holds the message once.
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Handling<F> {
        // Until it is done.
        span: Option<MessageSpan>,
        is_call: bool,
        begun: bool,
        // Until it is done, as well.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Handling<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut span) = this.span.take() {
                // What its locals send is the message's work still.
                let entered = span.enter();
                this.future.set(None);
                drop(entered);
                span.end(Some(if std::thread::panicking() { Failure::PANIC } else { Failure::CANCELLED }));
            }
        }
    }
}

impl<F> Future for Handling<F>
where
    F: Future<Output = Result<(), ActorProcessingErr>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(span) = this.span.as_mut() else { panic!("a future was polled after it was done") };
        let (is_call, is_first) = (*this.is_call, !std::mem::replace(this.begun, true));
        let describes = is_first && span.is_recording();
        let in_span = poll_fn(|cx| {
            if describes {
                current_span().set_attribute("actor.message.type", if is_call { "call" } else { "cast" });
            }
            let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
            let poll = future.poll(cx);
            if poll.is_ready() {
                this.future.set(None);
            }
            poll
        });
        let poll = pin!(span.run(in_span)).poll(cx);
        if let (Poll::Ready(output), Some(span)) = (&poll, this.span.take_if(|_| poll.is_ready())) {
            let failure = output.as_ref().err();
            span.end(failure.map(|error| Failure::new(failure::returned(error), Some(error))));
        }
        poll
    }
}

impl<F> fmt::Debug for Handling<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handling").field("is_call", &self.is_call).finish_non_exhaustive()
    }
}
