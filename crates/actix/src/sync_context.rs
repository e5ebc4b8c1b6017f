//! actix's thread pool for traced actors. actix's own context would pack messages without a trace.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel as queue};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll};
use std::thread;

use actix::dev::channel::{AddressReceiver, channel};
use actix::dev::{Envelope as Packed, EnvelopeProxy, Stream};
use actix::{Actor, ActorContext, ActorState, Addr, System};

use crate::actor::TracedContext;

/// Runs copies of a traced actor on separate threads. Replaces [`actix::SyncArbiter`].
pub struct SyncArbiter<A: Actor<Context = SyncContext<A>>> {
    /// The channel to the threads, as long as there is an address.
    threads: Option<Sender<Packed<A>>>,
    messages: AddressReceiver<A>,
}

impl<A: Actor<Context = SyncContext<A>>> SyncArbiter<A> {
    /// Starts this number of threads, each with an actor that `create` returns, and returns the address of all actors.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system, or if a thread cannot be started.
    pub fn start<F>(threads: usize, create: F) -> Addr<A>
    where
        F: Fn() -> A + Send + Sync + 'static,
    {
        Self::start_with_thread_builder(threads, thread::Builder::new, create)
    }

    /// Starts threads like [`start`](Self::start), with names from `builder`.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system, or if a thread cannot be started.
    pub fn start_with_thread_builder<F, B>(threads: usize, mut builder: B, create: F) -> Addr<A>
    where
        F: Fn() -> A + Send + Sync + 'static,
        B: FnMut() -> thread::Builder,
    {
        let create: Arc<dyn Fn() -> A + Send + Sync> = Arc::new(create);
        let (sender, receiver) = queue();
        let receiver = Arc::new(Mutex::new(receiver));
        let (address, messages) = channel(0);
        for _ in 0..threads {
            let (system, producer) = (System::current(), messages.sender_producer());
            let (create, receiver) = (create.clone(), receiver.clone());
            let address = Box::new(move || Addr::new(producer.sender()));
            let run = move || {
                System::set_current(system);
                SyncContext { stops: false, state: ActorState::Started, address }.run(&*create, &receiver);
            };
            builder().spawn(run).expect("a thread could not be started");
        }
        System::current().arbiter().spawn(Self { threads: Some(sender), messages });
        Addr::new(address)
    }
}

impl<A: Actor<Context = SyncContext<A>>> Future for SyncArbiter<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        let this = self.get_mut();
        while let Poll::Ready(Some(message)) = Pin::new(&mut this.messages).poll_next(task) {
            if let Some(threads) = &this.threads {
                // It fails once all threads have panicked. The message is then dropped, like one to an actor that has
                // ended.
                drop(threads.send(message));
            }
        }
        if this.messages.connected() {
            return Poll::Pending;
        }
        this.threads = None;
        Poll::Ready(())
    }
}

impl<A: Actor<Context = SyncContext<A>>> fmt::Debug for SyncArbiter<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncArbiter").finish_non_exhaustive()
    }
}

/// The context of a traced actor in a [`SyncArbiter`]. Replaces [`actix::SyncContext`].
pub struct SyncContext<A: Actor<Context = Self>> {
    /// Set if a new actor replaces the current one after this message.
    stops: bool,
    state: ActorState,
    address: Box<dyn Fn() -> Addr<A>>,
}

impl<A: Actor<Context = Self>> SyncContext<A> {
    /// Handles messages as long as there is an address of the actor.
    fn run(mut self, create: &dyn Fn() -> A, messages: &Mutex<Receiver<Packed<A>>>) {
        let mut actor = self.started(create);
        loop {
            let message = messages.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(mut message) = message else { return self.stopped(&mut actor) };
            message.handle(&mut actor, &mut self);
            if std::mem::take(&mut self.stops) {
                self.stopped(&mut actor);
                actor = self.started(create);
            }
        }
    }

    fn started(&mut self, create: &dyn Fn() -> A) -> A {
        self.state = ActorState::Started;
        let mut actor = create();
        actor.started(self);
        self.state = ActorState::Running;
        actor
    }

    fn stopped(&mut self, actor: &mut A) {
        self.state = ActorState::Stopping;
        // Like in actix, there is no way to continue.
        let _ = actor.stopping(self);
        self.state = ActorState::Stopped;
        actor.stopped(self);
    }

    /// Returns the address of all of the arbiter's actors.
    pub fn address(&self) -> Addr<A> {
        (self.address)()
    }
}

impl<A: Actor<Context = Self>> TracedContext for SyncContext<A> {}

impl<A: Actor<Context = Self>> ActorContext for SyncContext<A> {
    fn stop(&mut self) {
        self.stops = true;
        self.state = ActorState::Stopping;
    }

    fn terminate(&mut self) {
        self.stop();
    }

    fn state(&self) -> ActorState {
        self.state
    }
}

impl<A: Actor<Context = Self>> fmt::Debug for SyncContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncContext").field("state", &self.state).finish_non_exhaustive()
    }
}
