//! Starts actors. The generated methods of an actor call these functions instead of those of [`Actor`].

use std::future::Future;

use actix::dev::ContextFut;
use actix::dev::channel::channel;
use actix::{Actor, Addr, ArbiterHandle};

use crate::context::Context;

/// actix's own default capacity of a mailbox.
const CAPACITY: usize = 16;

/// Starts an actor, like [`Actor::start`].
pub fn start<A: Actor<Context = Context<A>>>(actor: A) -> Addr<A> {
    Context::new().run(actor)
}

/// Starts an actor that is created with its context, like [`Actor::create`].
pub fn create<A: Actor<Context = Context<A>>>(create: impl FnOnce(&mut Context<A>) -> A) -> Addr<A> {
    let mut context = Context::new();
    let actor = create(&mut context);
    context.run(actor)
}

/// Starts an actor in another arbiter, like [`Actor::start_in_arbiter`].
pub fn start_in_arbiter<A: Actor<Context = Context<A>>>(
    arbiter: &ArbiterHandle,
    create: impl FnOnce(&mut Context<A>) -> A + Send + 'static,
) -> Addr<A> {
    in_arbiter(arbiter, create, |future| future)
}

/// Starts an actor in another arbiter. `around` wraps the future that runs the actor before it is spawned.
pub(crate) fn in_arbiter<A: Actor<Context = Context<A>>, F: Future<Output = ()> + 'static>(
    arbiter: &ArbiterHandle,
    create: impl FnOnce(&mut Context<A>) -> A + Send + 'static,
    around: impl FnOnce(ContextFut<A, Context<A>>) -> F + Send + 'static,
) -> Addr<A> {
    let (sender, receiver) = channel(CAPACITY);
    arbiter.spawn_fn(move || {
        let mut context = Context::with_receiver(receiver);
        let actor = create(&mut context);
        actix::spawn(around(context.into_future(actor)));
    });
    Addr::new(sender)
}
