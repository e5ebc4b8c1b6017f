//! The guild as an actor of actix: plain, with our adapter, and with a span of `tracing` in each message.

use std::future::Future;
use std::hint::black_box;

use traced_actor::{Envelope, traced_actor};
use traced_actor_benches::{Contestant, timed};
use tracing::{Instrument as _, Span, info_span};

use super::{Parent, Text, arrived, text};

/// The number of messages between two yields. `do_send` is unbounded, so the sender yields where tokio makes the others
/// yield.
const BURST: u64 = 128;

#[traced_actor]
struct Order;

/// Orders posts, under the context of a request with this decision.
async fn in_a_message(parent: Parent, posts: impl Future<Output = u64>) -> u64 {
    let (Order, mut handling) = Envelope::new(Order, arrived(parent)).open();
    let ordered = handling.run(posts).await;
    handling.end_ok();
    ordered
}

async fn in_a_span(_: Parent, posts: impl Future<Output = u64>) -> u64 {
    posts.instrument(info_span!("Gateway/Order")).await
}

async fn alone(_: Parent, posts: impl Future<Output = u64>) -> u64 {
    posts.await
}

/// The guild with a context, and with these attributes on its items and its messages.
macro_rules! guild {
    ($name:ident, $around:ident, $context:ty, [$($attribute:meta)?], { $($field:ident: $of:ty = $value:expr)? }, |$post:ident| $enter:expr $(,)?) => {
        pub(crate) mod $name {
            use actix::{Actor, Addr, Handler, Message};

            use super::*;

            $(#[$attribute])?
            struct Post {
                channel: u64,
                text: Text,
                $($field: $of,)?
            }

            impl Message for Post {
                type Result = ();
            }

            $(#[$attribute])?
            struct Count;

            impl Message for Count {
                type Result = u64;
            }

            struct Guild(u64);

            $(#[$attribute])?
            impl Actor for Guild {
                type Context = $context;
            }

            impl Handler<Post> for Guild {
                type Result = ();

                fn handle(&mut self, $post: Post, _: &mut Self::Context) {
                    let _entered = $enter;
                    self.0 += black_box($post.channel ^ $post.text[5]) & 1;
                }
            }

            impl Handler<Count> for Guild {
                type Result = u64;

                fn handle(&mut self, _: Count, _: &mut Self::Context) -> u64 {
                    self.0
                }
            }

            async fn order(guild: &Addr<Guild>, posts: u64) -> u64 {
                for number in 0..posts {
                    guild.do_send(Post { channel: number, text: text(number), $($field: $value)? });
                    if number % BURST == BURST - 1 {
                        tokio::task::yield_now().await;
                    }
                }
                guild.send(Count).await.expect("the guild answers")
            }

            pub(crate) fn contestant(parent: Parent) -> Contestant {
                let system = actix::System::new();
                let guild = system.block_on(async { Guild(0).start() });
                timed(move |posts| {
                    system.block_on($around(parent, order(&guild, posts)));
                })
            }
        }
    };
}

guild!(bare, alone, actix::Context<Self>, [], {}, |_post| ());
guild!(traced, in_a_message, traced_actor_actix::Context<Self>, [traced_actor(actix)], {}, |_post| ());
guild!(by_hand, in_a_span, actix::Context<Self>, [], { span: Span = Span::current() }, |post| {
    info_span!(parent: &post.span, "Guild/Post").entered()
});
