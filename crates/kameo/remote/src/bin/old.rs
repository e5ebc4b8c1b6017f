//! The node that does not know of traces.

use std::future::pending;

use kameo::error::RemoteSendError;
use kameo::prelude::*;
use traced_actor_kameo_remote_tests::{Join, Label, Order, node, print};

#[derive(Actor, RemoteActor)]
#[remote_actor(id = "guild")]
struct Guild {
    label: String,
    posts: u64,
}

#[remote_message("join")]
impl Message<Join> for Guild {
    type Reply = ();

    async fn handle(&mut self, Join { user }: Join, _: &mut Context<Self, ()>) {
        print(&format!("joined {user}"));
    }
}

#[remote_message("label")]
impl Message<Label> for Guild {
    type Reply = String;

    async fn handle(&mut self, _: Label, _: &mut Context<Self, String>) -> String {
        self.label.clone()
    }
}

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

/// Leaves the message as it is.
macro_rules! sent {
    ($message:expr) => {
        $message
    };
}

async fn as_it_is<T>(_: &str, work: impl Future<Output = T>) -> T {
    work.await
}

fn failed(asked: Result<u64, RemoteSendError>) -> String {
    asked.map_or_else(|error| error.to_string(), |reply| reply.to_string())
}

node!(sent, spawn, as_it_is);
traced_actor_kameo_remote_tests::member!("old", sent, [], []);
