//! The span of a message that a framework's actor handles. It is small, because frameworks move a handler's future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::message_span::{MessageSpan, leave};
use crate::Options;
use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{FlowState, LightFlow, claim, claim_dropped};
use crate::observe::{Handling, HandlingId};
use crate::record::{CountPanic, Failure, SentAs};

/// The open span of a message that a framework's actor handles. For adapters of frameworks.
///
/// It does what a [`MessageSpan`] does, in three words, and allocates nothing for a message that is not sampled.
/// Dropping it ends the span in the same way.
#[must_use = "the message is handled while this lives"]
pub struct HandlerSpan(State);

enum State {
    /// A span that is not recorded.
    Light(LightFlow, Handling),
    Full(Box<MessageSpan>),
    Ended,
}

// A part of the future of every handler.
const _: () = assert!(size_of::<HandlerSpan>() <= 24);

impl HandlerSpan {
    /// Opens the span of a message in an actor with these options.
    ///
    /// `context` is the context that came with the message out of the framework's mailbox. It is `None` for a message
    /// that did not come out of a mailbox, such as in a direct call of a handler. The span then continues the caller's
    /// span. `is_call` says whether the sender waits for an answer. It is `None` if nobody sent the message.
    #[inline]
    pub fn open<M>(
        message: &M,
        context: Option<MessageContext>,
        describe: Describe<M>,
        options: &'static Options,
        is_call: impl FnOnce() -> Option<bool>,
    ) -> Self {
        if let Some(span) = context.as_ref().and_then(|context| Self::of_dropped(context, options)) {
            return span;
        }
        let context = context.map_or(MessageContext::ABSENT, MessageContext::aside);
        let sent = match is_call() {
            Some(true) => SentAs::Call,
            Some(false) => SentAs::Cast,
            None => SentAs::Directly,
        };
        Self::open_slow(message, context, describe, options, sent)
    }

    /// Opens the span of a message that its sender dropped. Returns `None` if anything is recorded or observed.
    #[doc(hidden)]
    #[inline]
    pub fn of_dropped(context: &MessageContext, options: &'static Options) -> Option<Self> {
        Some(Self(State::Light(claim_dropped(context, options)?, Handling::NONE)))
    }

    #[cold]
    #[inline(never)]
    fn open_slow<M>(
        message: &M,
        context: MessageContext,
        describe: Describe<M>,
        options: &'static Options,
        sent: SentAs,
    ) -> Self {
        let mut claimed = claim(Some(options), context, message, describe, sent);
        let handling = claimed.take_handling();
        Self::of(claimed.into_flow(Some(options)), handling)
    }

    fn of(flow: FlowState, handling: Handling) -> Self {
        Self(match flow.into_light() {
            Ok(light) => State::Light(light, handling),
            Err(flow) => State::Full(Box::new(MessageSpan::new(flow, handling))),
        })
    }

    /// Returns whether a span is recorded, so that attributes and failures have an effect.
    #[inline]
    pub fn is_recording(&self) -> bool {
        matches!(&self.0, State::Full(span) if span.is_recording())
    }

    /// Returns whether a recorder or an observer is told how the message ends.
    #[doc(hidden)]
    #[inline]
    pub fn is_told(&self) -> bool {
        !matches!(&self.0, State::Light(_, handling) if handling.is_none())
    }

    pub(super) fn handling(&self) -> Option<HandlingId> {
        match &self.0 {
            State::Light(_, handling) => handling.id(),
            State::Full(span) => span.handling.id(),
            State::Ended => None,
        }
    }

    /// Calls a function under the span.
    #[inline]
    pub fn call<T>(&mut self, work: impl FnOnce() -> T) -> T {
        // Like a poll that is not the last one: what is open stays open.
        let _entered = self.enter();
        work()
    }

    /// Polls a handler's future under the span.
    #[inline]
    pub fn poll<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let poll = self.call(poll);
        if let (State::Full(span), true) = (&mut self.0, poll.is_ready()) {
            span.flow.end(None);
        }
        poll
    }

    /// Enters the span on this thread until the guard is dropped. For code that moves nothing large into a closure.
    #[doc(hidden)]
    #[inline]
    pub fn enter(&mut self) -> EnteredHandlerSpan<'_> {
        let (around, before) = match &mut self.0 {
            State::Light(light, handling) => match light.enter() {
                Some(around) => (around, handling.enter()),
                None => (LightFlow::NONE, self.enter_full()),
            },
            State::Full(_) | State::Ended => (LightFlow::NONE, self.enter_full()),
        };
        EnteredHandlerSpan { span: self, around, before, _counts: CountPanic::new() }
    }

    #[inline(never)]
    fn enter_full(&mut self) -> u32 {
        if let State::Light(light, handling) = &mut self.0 {
            let handling = std::mem::replace(handling, Handling::NONE);
            self.0 = State::Full(Box::new(MessageSpan::new(light.flow(), handling)));
        }
        if let State::Full(span) = &mut self.0 { span.enter_unguarded() } else { 0 }
    }

    /// Ends the span, with this failure if there was one. From then on it does nothing.
    #[inline]
    pub fn end(&mut self, failure: Option<Failure<'_>>) {
        match std::mem::replace(&mut self.0, State::Ended) {
            State::Light(_, mut handling) => handling.end(|| failure),
            State::Full(span) => span.end(failure),
            State::Ended => {}
        }
    }

    /// Runs a handler's future under the span, and ends the span with it. `failure` turns the output into a failure.
    ///
    /// `failure` is called once, even if no span is recorded. If the future is dropped before it completes, its locals are
    /// dropped under the span, which then fails as `cancelled`, or as `panic` if the thread is panicking.
    #[inline]
    pub fn run<F, J>(self, future: F, failure: J) -> InHandlerSpan<F, J>
    where
        F: Future,
        J: for<'a> Fn(&'a F::Output) -> Option<Failure<'a>>,
    {
        InHandlerSpan { span: self, failure, future: Some(future) }
    }
}

impl From<MessageSpan> for HandlerSpan {
    fn from(span: MessageSpan) -> Self {
        Self(State::Full(Box::new(span)))
    }
}

/// A guard of an entered [`HandlerSpan`]. Dropping it leaves the span.
#[doc(hidden)]
#[must_use = "if dropped immediately, it has no effect"]
pub struct EnteredHandlerSpan<'a> {
    span: &'a mut HandlerSpan,
    /// The flow that surrounds that of a light span.
    around: LightFlow,
    /// The handling that was observed before.
    before: u32,
    _counts: CountPanic,
}

opaque!(EnteredHandlerSpan<'a>);

impl Drop for EnteredHandlerSpan<'_> {
    #[inline]
    fn drop(&mut self) {
        match &self.span.0 {
            // What almost all work does in the end: it gives two words back.
            State::Light(light, handling) if handling.is_none() && light.leave(&self.around) => {}
            State::Ended => {}
            State::Light(..) | State::Full(_) => self.leave(),
        }
    }
}

impl EnteredHandlerSpan<'_> {
    #[inline(never)]
    fn leave(&mut self) {
        // When the flow of a light span is left, what surrounds it becomes that flow.
        let mut light = self.around.flow();
        let (flow, handling) = match &mut self.span.0 {
            State::Light(_, handling) => (&mut light, handling),
            State::Full(span) => {
                let MessageSpan { flow, handling, .. } = &mut **span;
                (flow, handling)
            }
            State::Ended => return,
        };
        leave(flow, handling, self.before);
        flow.end_poll();
        if let State::Light(_, handling) = &mut self.span.0 {
            let handling = std::mem::replace(handling, Handling::NONE);
            *self.span = HandlerSpan::of(light, handling);
        }
    }
}

impl Drop for HandlerSpan {
    #[inline]
    fn drop(&mut self) {
        if let State::Light(_, handling) = &mut self.0 {
            handling.end(|| std::thread::panicking().then_some(Failure::PANIC));
        }
    }
}

impl fmt::Debug for HandlerSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerSpan").field("is_recording", &self.is_recording()).finish()
    }
}

pin_project! {
    /// The future of a handler with the span of its message. Created by [`HandlerSpan::run`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct InHandlerSpan<F, J> {
        span: HandlerSpan,
        failure: J,
        // `None` once it is dropped.
        #[pin]
        future: Option<F>,
    }

    impl<F, J> PinnedDrop for InHandlerSpan<F, J> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !matches!(this.span.0, State::Ended) {
                // Messages that its locals send still belong to the message.
                this.span.call(|| this.future.set(None));
                this.span.end(Some(Failure::interruption()));
            }
        }
    }
}

impl<F, J> Future for InHandlerSpan<F, J>
where
    F: Future,
    J: for<'a> Fn(&'a F::Output) -> Option<Failure<'a>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(mut future) = this.future.as_mut().as_pin_mut() else {
            panic!("a future was polled after it was done");
        };
        let poll = this.span.poll(|| future.as_mut().poll(cx));
        if let Poll::Ready(output) = &poll {
            this.span.end((this.failure)(output));
        }
        poll
    }
}

opaque!(InHandlerSpan<F, J>);
