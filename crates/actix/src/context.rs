//! The context that stands in the place of actix's: what an actor's messages and futures go through.

use std::fmt;
use std::time::Duration;

use actix::clock::Instant;
use actix::dev::channel::AddressReceiver;
use actix::dev::{AsyncContextParts, ContextFut, ContextParts, Mailbox};
use actix::utils::{IntervalFunc, TimerFunc};
use actix::{Actor, ActorContext, ActorFuture, ActorState, ActorStreamExt, Addr, AsyncContext, SpawnHandle};
use traced_actor::actor::HandlerSpan;

use crate::actor::TracedContext;
use crate::in_span::{InSpan, inherit};
use crate::responding::Responding;

/// The context of a traced actor, in the place of [`actix::Context`]: `type Context = Context<Self>`.
///
/// It does all that actix's does. A message that is sent to its actor carries the trace of whoever sends it.
pub struct Context<A: Actor<Context = Self>> {
    parts: ContextParts<A>,
    /// Until it runs.
    mailbox: Option<Mailbox<A>>,
    /// A message's answer is being sent. The first future that is spawned for it has the message's span.
    responding: Option<Responding>,
}

impl<A: Actor<Context = Self>> Context<A> {
    /// Creates a context.
    pub fn new() -> Self {
        Self::of(Mailbox::default())
    }

    /// Creates a context that receives from an address that exists already.
    pub fn with_receiver(receiver: AddressReceiver<A>) -> Self {
        Self::of(Mailbox::new(receiver))
    }

    fn of(mailbox: Mailbox<A>) -> Self {
        let parts = ContextParts::new(mailbox.sender_producer());
        Self { parts, mailbox: Some(mailbox), responding: None }
    }

    /// Starts an actor in this context, and returns its address.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system, or if the context runs already.
    pub fn run(self, actor: A) -> Addr<A> {
        let future = self.into_future(actor);
        let address = future.address();
        actix::spawn(future);
        address
    }

    /// Returns the future that runs an actor in this context.
    ///
    /// # Panics
    ///
    /// Panics if the context runs already.
    pub fn into_future(mut self, actor: A) -> ContextFut<A, Self> {
        let mailbox = self.mailbox.take().expect("the context runs already");
        ContextFut::new(self, actor, mailbox)
    }

    /// Returns the handle of the future that is polled now.
    pub fn handle(&self) -> SpawnHandle {
        self.parts.curr_handle()
    }

    /// Sets how many messages wait in the mailbox at most. Messages of `do_send` and `notify` are not limited.
    pub fn set_mailbox_capacity(&mut self, capacity: usize) {
        self.parts.set_mailbox_capacity(capacity);
    }

    /// Returns whether anybody has an address of the actor.
    pub fn connected(&self) -> bool {
        self.parts.connected()
    }

    // ----- what a message's answer needs -----

    /// Sends a message's answer, which may be a future that this context has to run.
    ///
    /// Returns what nobody took: the answer was no such future.
    pub(crate) fn respond(
        &mut self,
        responding: Responding,
        respond: impl FnOnce(&mut Self),
    ) -> Option<Responding> {
        self.responding = Some(responding);
        respond(self);
        self.responding.take()
    }

    /// Returns what a future belongs to that is spawned now.
    fn surroundings<F>(&mut self) -> Surroundings {
        match self.responding.take() {
            Some(answer) => Surroundings::Answer(answer),
            None => inherit::<F>().map_or(Surroundings::Nothing, Surroundings::Message),
        }
    }
}

/// What a future belongs to.
enum Surroundings {
    /// It is a message's answer, and the message's span ends with it.
    Answer(Responding),
    /// A message that is handled, whose span ends without it.
    Message(HandlerSpan),
    Nothing,
}

impl<A: Actor<Context = Self>> TracedContext for Context<A> {}

impl<A: Actor<Context = Self>> ActorContext for Context<A> {
    fn stop(&mut self) {
        self.parts.stop();
    }

    fn terminate(&mut self) {
        self.parts.terminate();
    }

    fn state(&self) -> ActorState {
        self.parts.state()
    }
}

/// A future that is spawned while a message is handled goes on with its trace. What a timer or a stream causes does not: what
/// started it may be long done.
impl<A: Actor<Context = Self>> AsyncContext<A> for Context<A> {
    fn spawn<F: ActorFuture<A, Output = ()> + 'static>(&mut self, future: F) -> SpawnHandle {
        match self.surroundings::<F>() {
            Surroundings::Answer(answer) => self.parts.spawn(answer.run(future)),
            Surroundings::Message(span) => self.parts.spawn(InSpan::within(span, future)),
            Surroundings::Nothing => self.parts.spawn(future),
        }
    }

    fn wait<F: ActorFuture<A, Output = ()> + 'static>(&mut self, future: F) {
        match self.surroundings::<F>() {
            Surroundings::Answer(answer) => self.parts.wait(answer.run(future)),
            Surroundings::Message(span) => self.parts.wait(InSpan::within(span, future)),
            Surroundings::Nothing => self.parts.wait(future),
        }
    }

    fn waiting(&self) -> bool {
        self.parts.waiting()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.parts.cancel_future(handle)
    }

    fn address(&self) -> Addr<A> {
        self.parts.address()
    }

    fn run_later<F>(&mut self, after: Duration, work: F) -> SpawnHandle
    where
        F: FnOnce(&mut A, &mut Self) + 'static,
    {
        self.parts.spawn(TimerFunc::new(after, work))
    }

    fn run_interval<F>(&mut self, interval: Duration, work: F) -> SpawnHandle
    where
        F: FnMut(&mut A, &mut Self) + 'static,
    {
        self.parts.spawn(IntervalFunc::new(interval, work).finish())
    }

    fn run_interval_at<F>(&mut self, start: Instant, interval: Duration, work: F) -> SpawnHandle
    where
        F: FnMut(&mut A, &mut Self) + 'static,
    {
        self.parts.spawn(IntervalFunc::new_at(start, interval, work).finish())
    }
}

impl<A: Actor<Context = Self>> AsyncContextParts<A> for Context<A> {
    fn parts(&mut self) -> &mut ContextParts<A> {
        &mut self.parts
    }
}

impl<A: Actor<Context = Self>> Default for Context<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Actor<Context = Self>> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("parts", &self.parts).finish_non_exhaustive()
    }
}
