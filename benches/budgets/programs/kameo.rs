//! The guild as an actor of kameo, with kameo's own tracing: each message a span, linked with its sender's.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn as _};
use kameo::mailbox::bounded;
use kameo::message::{Context, Message};
use traced_actor_benches::{Contestant, timed};
use tracing::{Instrument as _, info_span};

use super::{CAPACITY, Text, runtime, stored, text};

#[derive(Actor)]
struct Guild {
    posts: u64,
}

struct Post {
    channel: u64,
    text: Text,
}

impl Message<Post> for Guild {
    type Reply = ();

    async fn handle(&mut self, post: Post, _: &mut Context<Self, ()>) {
        self.posts += stored(post.channel, &post.text).await & 1;
    }
}

struct Count;

impl Message<Count> for Guild {
    type Reply = u64;

    async fn handle(&mut self, _: Count, _: &mut Context<Self, u64>) -> u64 {
        self.posts
    }
}

async fn order(guild: &ActorRef<Guild>, posts: u64) -> u64 {
    for number in 0..posts {
        let post = Post { channel: number, text: text(number) };
        guild.tell(post).send().await.expect("the guild runs");
    }
    guild.ask(Count).send().await.expect("the guild answers")
}

pub(crate) fn contestant() -> Contestant {
    let runtime = runtime();
    let guild = runtime.block_on(async { Guild::spawn_with_mailbox(Guild { posts: 0 }, bounded(CAPACITY)) });
    timed(move |posts| {
        runtime.block_on(order(&guild, posts).instrument(info_span!("Gateway/Order")));
    })
}
