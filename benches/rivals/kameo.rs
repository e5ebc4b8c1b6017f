//! kameo with its feature `console`: counts of each kind, and the handler that runs.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn as _};
use kameo::mailbox::bounded;
use kameo::message::{Context, Message};
use traced_actor_benches::{Contestant, Measure, Row, Set, timed};

use crate::ours::{self, BARE, OURS};
use crate::work::{CAPACITY, Parent, Text, runtime, stored, text};

const KAMEO: &str = "kameo with its console";

/// What the console adds is the difference to kameo without it, in `cargo bench -p traced-actor-bench-frameworks -- kameo`.
pub(crate) const CONSOLE: Set = Set {
    name: "kameo's console",
    world: ours::world,
    contestants: &[
        (BARE, || ours::bare::contestant()),
        (OURS, || ours::traced::contestant(Parent::Unsampled)),
        (KAMEO, || contestant()),
    ],
    rows: &[
        Row::new("kameo with its console: added to a bare message", KAMEO, BARE, Measure::AddedNs, None),
        Row::new("kameo with its console: a message in total", KAMEO, KAMEO, Measure::Ns, None),
        Row::new(
            "kameo with its console: what it adds, beside ours",
            OURS,
            KAMEO,
            Measure::TimesCheaperInAdded(BARE),
            None,
        ),
    ],
};

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

fn contestant() -> Contestant {
    let runtime = runtime();
    let guild = runtime.block_on(async { Guild::spawn_with_mailbox(Guild { posts: 0 }, bounded(CAPACITY)) });
    timed(move |posts| {
        runtime.block_on(order(&guild, posts));
    })
}
