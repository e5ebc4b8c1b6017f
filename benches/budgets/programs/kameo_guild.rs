//! The guild as an actor of kameo, without any tracing by hand.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn as _};
use kameo::mailbox::bounded;
use kameo::message::{Context, Message};
use tokio::runtime::Runtime;

use super::{CAPACITY, Text, runtime, stored, text};

#[derive(Actor)]
pub(crate) struct Guild {
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

/// Sends this many posts, and waits until the guild has taken them.
pub(crate) async fn order(guild: &ActorRef<Guild>, posts: u64) -> u64 {
    for number in 0..posts {
        let post = Post { channel: number, text: text(number) };
        guild.tell(post).send().await.expect("the guild runs");
    }
    guild.ask(Count).send().await.expect("the guild answers")
}

/// Starts the guild on its own runtime.
pub(crate) fn start() -> (Runtime, ActorRef<Guild>) {
    let runtime = runtime();
    let guild = runtime.block_on(async { Guild::spawn_with_mailbox(Guild { posts: 0 }, bounded(CAPACITY)) });
    (runtime, guild)
}
