//! Functions on one line, and bodies that begin with an item: no lint fires that would not fire without the attribute.

#![deny(clippy::pedantic, warnings, reason = "what is here is what a user with these lints writes")]
#![allow(clippy::unused_async, reason = "the functions of a trait")]

use kameo::error::{Infallible, SendError};
use kameo::mailbox::{MailboxReceiver, Signal};
use kameo::message::BoxMessage;
use kameo::prelude::*;
use kameo::reply::{BoxReplySender, ReplyError};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::caused;

struct Door(u64);

#[rustfmt::skip]
#[traced_actor(kameo)]
impl Actor for Door {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(door: Self, _: ActorRef<Self>) -> Result<Self, Infallible> { Ok(door) }

    async fn next(&mut self, _: WeakActorRef<Self>, mailbox: &mut MailboxReceiver<Self>) -> Result<Option<Signal<Self>>, Infallible> { Ok(mailbox.recv().await) }

    async fn on_undelivered(&mut self, _: ActorStopReason, _: Vec<BoxMessage<Self>>) -> Result<(), Infallible> { Ok(()) }
}

struct Width;

#[rustfmt::skip]
#[traced_actor(kameo)]
impl Message<Width> for Door {
    type Reply = u64;

    fn name() -> &'static str { "width" }

    async fn handle(&mut self, _: Width, _: &mut Context<Self, u64>) -> u64 { self.0 }
}

struct Widen(u64);

#[traced_actor(kameo)]
impl Message<Widen> for Door {
    type Reply = u64;

    async fn handle(&mut self, Widen(by): Widen, _: &mut Context<Self, u64>) -> u64 {
        const MOST: u64 = 3;
        use std::cmp::min;

        self.0 = min(self.0 + by, MOST);
        self.0
    }
}

/// An actor that handles its messages itself.
struct Gate;

#[rustfmt::skip]
#[traced_actor(kameo)]
impl Actor for Gate {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> { Ok(Self) }

    async fn on_message(&mut self, message: BoxMessage<Self>, actor: ActorRef<Self>, reply: Option<BoxReplySender>, stop: &mut bool) -> Result<(), Box<dyn ReplyError>> { message.handle_dyn(self, actor, reply, stop).await }
}

#[rustfmt::skip]
#[traced_actor(kameo)]
impl Message<Width> for Gate {
    type Reply = Result<u64, SendError>;

    async fn handle(&mut self, _: Width, _: &mut Context<Self, Self::Reply>) -> Self::Reply { Ok(7) }
}

#[tokio::test]
async fn bodies_on_one_line_are_handled_as_any() {
    let spans = testkit::record();
    let (door, gate) = (Door::spawn(Door(1)), Gate::spawn(()));
    let seen = caused(async {
        let wide = door.ask(Widen(7)).await.unwrap();
        (wide, door.ask(Width).await.unwrap(), gate.ask(Width).await.unwrap())
    });
    assert_eq!(seen.await, (3, 3, 7));
    spans.ended("Gate/Width", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Door/Widen
          Door/Width
        Gate/Width (context lost)
        "
    );
}
