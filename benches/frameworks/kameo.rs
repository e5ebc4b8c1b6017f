//! kameo: tells on one node. The bytes of one between nodes are printed by `cargo test -p traced-actor-kameo-remote-tests --test bytes
//! -- --nocapture`, since they need libp2p.

use traced_actor_benches::{Measure, Row, Set};

use crate::subscriber;
use crate::work::Parent;
use crate::world::{recorded, untraced};

const PLAIN: &str = "kameo";
const TRACED: &str = "kameo, traced-actor";
const OWN: &str = "kameo's own tracing";

/// The unsampled programs, by the decision of the first sender.
pub(crate) const UNSAMPLED: Set = Set {
    name: "kameo, unsampled",
    world: subscriber::install_off,
    contestants: &[
        (PLAIN, || untraced(plain::contestant())),
        (TRACED, || untraced(traced::contestant(Parent::Unsampled))),
        (OWN, || own::contestant()),
    ],
    rows: &[
        Row::new("kameo: unsampled message", TRACED, PLAIN, Measure::AddedNs, Some(10.0)),
        Row::new(
            "kameo: unsampled message: allocations",
            TRACED,
            PLAIN,
            Measure::AddedAllocations,
            Some(0.0),
        ),
        Row::new(
            "kameo: unsampled message: what its own tracing adds",
            TRACED,
            OWN,
            Measure::TimesCheaperInAdded(PLAIN),
            Some(5.0),
        ),
        Row::new("kameo: unsampled message: its own tracing in total", OWN, OWN, Measure::Ns, None),
    ],
};

/// Every message has a span. kameo's own span is a root, with links to the sender's span and the actor's.
pub(crate) const SAMPLED: Set = Set {
    name: "kameo, sampled",
    world: subscriber::install_on,
    contestants: &[
        (PLAIN, || untraced(plain::contestant())),
        (TRACED, || recorded(untraced(traced::contestant(Parent::Sampled)))),
        (OWN, || recorded(own::contestant())),
    ],
    rows: &[
        Row::new("kameo: sampled message", TRACED, OWN, Measure::Ratio, Some(1.0)),
        Row::new("kameo: sampled message: what it adds", TRACED, PLAIN, Measure::AddedNs, None),
        Row::new("kameo: sampled message: its own tracing in total", OWN, OWN, Measure::Ns, None),
    ],
};

/// Lets `tracing` look again whether kameo's own spans are wanted: it remembers what the contestant before this one has said.
fn seen() {
    tracing::callsite::rebuild_interest_cache();
}

/// The guild with what its orders run in, and with these attributes on its actor, on the message that is counted in spans, on the
/// other, and on its two impls.
macro_rules! guild {
    ($name:ident($($parent:ident)?), |$order:ident| $around:expr, [$($actor:tt)*], [$($post:tt)*], [$($count:tt)*], [$($handle:tt)*]) => {
        pub(crate) mod $name {
            #![allow(unused_imports, reason = "not every guild has every attribute")]

            use kameo::Actor;
            use kameo::actor::{ActorRef, Spawn as _};
            use kameo::mailbox::bounded;
            use kameo::message::{Context, Message};
            use traced_actor::actor::within;
            use traced_actor::traced_actor;
            use traced_actor_benches::{Contestant, timed};
            use tracing::{Instrument as _, info_span};

            use super::seen;
            use crate::work::{CAPACITY, Parent, Text, arrived, runtime, stored, text};

            $($actor)*
            #[derive(Actor)]
            struct Guild {
                posts: u64,
            }

            $($post)*
            struct Post {
                channel: u64,
                text: Text,
            }

            $($handle)*
            impl Message<Post> for Guild {
                type Reply = ();

                async fn handle(&mut self, post: Post, _: &mut Context<Self, ()>) {
                    self.posts += stored(post.channel, &post.text).await & 1;
                }
            }

            $($count)*
            struct Count;

            $($handle)*
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

            pub(crate) fn contestant($($parent: Parent)?) -> Contestant {
                let runtime = runtime();
                let guild = Guild { posts: 0 };
                let guild = runtime.block_on(async { Guild::spawn_with_mailbox(guild, bounded(CAPACITY)) });
                timed(move |posts| {
                    seen();
                    let $order = order(&guild, posts);
                    runtime.block_on($around);
                })
            }
        }
    };
}

guild!(plain(), |order| order, [], [], [], []);
guild!(own(), |order| order.instrument(info_span!("Gateway/Order")), [], [], [], []);
guild!(
    traced(parent),
    |order| within(arrived(parent), order),
    [#[traced_actor(kameo)]],
    [#[traced_actor] #[traced(fields(channel, first = text[0], last = text[5]))]],
    [#[traced_actor] #[traced(skip)]],
    [#[traced_actor(kameo)]]
);
