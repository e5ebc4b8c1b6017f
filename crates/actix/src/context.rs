//! The replacement for actix's context, through which an actor's messages and futures go.

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

/// The context of a traced actor, which replaces [`actix::Context`]: `type Context = Context<Self>`.
///
/// It does everything that actix's context does. In addition, a message that is sent to its actor carries the sender's
/// trace.
pub struct Context<A: Actor<Context = Self>> {
    parts: ContextParts<A>,
    /// The mailbox, until the context runs.
    mailbox: Option<Mailbox<A>>,
    /// The message whose answer is being sent. The first future that is spawned for it has the message's span.
    responding: Option<Responding>,
}

impl<A: Actor<Context = Self>> Context<A> {
    /// Creates a context.
    pub fn new() -> Self {
        Self::of(Mailbox::default())
    }

    /// Creates a context that receives from an existing address.
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
    /// Panics outside of an actix system, or if the context is already running.
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
    /// Panics if the context is already running.
    pub fn into_future(mut self, actor: A) -> ContextFut<A, Self> {
        let mailbox = self.mailbox.take().expect("the context runs already");
        ContextFut::new(self, actor, mailbox)
    }

    /// Returns the handle of the future that is being polled.
    pub fn handle(&self) -> SpawnHandle {
        self.parts.curr_handle()
    }

    /// Sets the capacity of the mailbox, in messages. Messages of `do_send` and `notify` are not limited.
    pub fn set_mailbox_capacity(&mut self, capacity: usize) {
        self.parts.set_mailbox_capacity(capacity);
    }

    /// Returns whether anybody has an address of the actor.
    pub fn connected(&self) -> bool {
        self.parts.connected()
    }

    // ----- support for answers -----

    /// Sends a message's answer, which may be a future that this context runs.
    ///
    /// Returns the responding message if the answer was not such a future.
    pub(crate) fn respond(
        &mut self,
        responding: Responding,
        respond: impl FnOnce(&mut Self),
    ) -> Option<Responding> {
        self.responding = Some(responding);
        respond(self);
        self.responding.take()
    }

    /// Returns the work that a future spawned now belongs to.
    fn surroundings<F>(&mut self) -> Surroundings {
        match self.responding.take() {
            Some(answer) => Surroundings::Answer(answer),
            None => inherit::<F>().map_or(Surroundings::Nothing, Surroundings::Message),
        }
    }
}

/// The work that a spawned future belongs to.
enum Surroundings {
    /// A message's answer. The message's span ends with the future.
    Answer(Responding),
    /// A message that is being handled. Its span ends independently of the future.
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

/// Spawns futures. One that is spawned while a message is handled continues the message's trace.
///
/// Futures of timers and streams do not, since the message that started them may have ended long ago.
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
