//! actix's supervisor, for traced actors.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use actix::dev::ContextFut;
use actix::{Actor, Addr, ArbiterHandle, AsyncContext, Supervised};
use pin_project_lite::pin_project;

use crate::context::Context;
use crate::restart;
use crate::start::in_arbiter;

pin_project! {
    /// Restarts a traced actor each time that it stops. Replaces [`actix::Supervisor`].
    ///
    /// Handlers that a restart interrupts end with the `error.type` `restarting`.
    #[derive(Debug)]
    pub struct Supervisor<A>
    where
        A: Supervised,
        A: Actor<Context = Context<A>>,
    {
        #[pin]
        future: ContextFut<A, Context<A>>,
    }
}

impl<A: Supervised + Actor<Context = Context<A>>> Supervisor<A> {
    /// Starts an actor under a supervisor, and returns its address.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system.
    pub fn start<F>(create: F) -> Addr<A>
    where
        F: FnOnce(&mut Context<A>) -> A + 'static,
    {
        let mut context = Context::new();
        let actor = create(&mut context);
        let address = context.address();
        actix::spawn(Self { future: context.into_future(actor) });
        address
    }

    /// Starts an actor under a supervisor in another arbiter, and returns its address.
    pub fn start_in_arbiter<F>(arbiter: &ArbiterHandle, create: F) -> Addr<A>
    where
        F: FnOnce(&mut Context<A>) -> A + Send + 'static,
    {
        in_arbiter(arbiter, create, |future| Self { future })
    }
}

impl<A: Supervised + Actor<Context = Context<A>>> Future for Supervisor<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            match this.future.as_mut().poll(task) {
                Poll::Pending => return Poll::Pending,
                // Without an address, it can no longer be used.
                Poll::Ready(()) if !restart::run(|| this.future.restart()) => return Poll::Ready(()),
                Poll::Ready(()) => {}
            }
        }
    }
}
