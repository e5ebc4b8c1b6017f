//! The same node with an attribute on the actor and on each impl, and messages that carry their context.

use std::future::pending;

use kameo::error::RemoteSendError;
use kameo::prelude::*;
use traced_actor::context::MessageContext;
use traced_actor::{Envelope, traced_actor};
use traced_actor_kameo::{IntoEnveloped, RecordFailure};
use traced_actor_kameo_remote_tests::{Join, Label, Order, node, print};

#[traced_actor(kameo)]
#[derive(Actor, RemoteActor)]
#[remote_actor(id = "guild")]
struct Guild {
    label: String,
    posts: u64,
}

#[traced_actor(kameo)]
#[remote_message("join")]
impl Message<Join> for Guild {
    type Reply = ();

    async fn handle(&mut self, Join { user }: Join, _: &mut Context<Self, ()>) {
        print(&format!("joined {user}"));
    }
}

#[traced_actor(kameo)]
#[remote_message("label")]
impl Message<Label> for Guild {
    type Reply = String;

    async fn handle(&mut self, _: Label, _: &mut Context<Self, String>) -> String {
        self.label.clone()
    }
}

#[traced_actor(kameo)]
#[remote_message("order")]
impl Message<Order> for Guild {
    type Reply = DelegatedReply<u64>;

    async fn handle(&mut self, order: Order, ctx: &mut Context<Self, Self::Reply>) -> DelegatedReply<u64> {
        match order {
            Order::Post { .. } => {
                self.posts += 1;
                ctx.reply(self.posts)
            }
            Order::Hang => ctx.spawn(pending()),
        }
    }
}

fn spawn(label: String) -> ActorRef<Guild> {
    Guild::spawn(Guild { label, posts: 0 })
}

/// Puts the current context into the message.
macro_rules! sent {
    ($message:expr) => {
        $message.enveloped()
    };
}

/// The message that a client handles.
#[traced_actor]
struct Cause;

async fn caused<T>(role: &str, work: impl Future<Output = T>) -> T {
    let decided = if role == "unsampled" { MessageContext::UNSAMPLED } else { MessageContext::ABSENT };
    let (Cause, mut handling) = Envelope::new(Cause, decided).open();
    let done = handling.run(work).await;
    handling.end_ok();
    done
}

fn failed(asked: Result<u64, RemoteSendError>) -> String {
    asked.record_failure().map_or_else(|error| error.to_string(), |reply| reply.to_string())
}

node!(sent, spawn, caused);
traced_actor_kameo_remote_tests::member!("new", sent, [#[traced_actor::traced_actor(kameo)]], [#[traced_actor::traced_actor(kameo)]]);
