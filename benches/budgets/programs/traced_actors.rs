// The actors of the program with `#[traced_actor]`: those of `plain.rs`, and an attribute on each impl.

use std::future::Future;
use std::pin::Pin;

use traced_actor::context::MessageContext;
use traced_actor::sync::oneshot;
use traced_actor::{Envelope, traced_actor};
use traced_actor_benches::{Contestant, timed};

use super::{CAPACITY, Parent, Text, arrived, runtime, start, stored, text};

struct Guild {
    receiver: mpsc::Receiver<Message>,
    posts: u64,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Post { channel, text } => self.posts += stored(channel, &text).await & 1,
            Message::Count { respond_to } => drop(respond_to.send(self.posts)),
        }
    }
}

#[traced_actor]
enum Order {
    Post { posts: u64, done: oneshot::Sender<u64> },
    Call { calls: u64, done: oneshot::Sender<u64> },
}

struct Gateway {
    receiver: mpsc::Receiver<Order>,
    guild: mpsc::Sender<Message>,
}

#[traced_actor]
impl Gateway {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle_order(order).await;
        }
    }

    async fn handle_order(&mut self, order: Order) {
        match order {
            Order::Post { posts, done } => {
                for number in 0..posts {
                    let post = Message::Post { channel: number, text: text(number) };
                    self.guild.send(post).await.expect("the guild runs");
                }
                done.send(self.count().await).ok();
            }
            Order::Call { calls, done } => {
                let mut posts = 0;
                for _ in 0..calls {
                    posts += self.count().await;
                }
                done.send(posts).ok();
            }
        }
    }

    async fn count(&self) -> u64 {
        let (respond_to, count) = oneshot::channel();
        self.guild.send(Message::Count { respond_to }).await.expect("the guild runs");
        count.await.expect("the guild answers")
    }
}

/// Messages through both actors.
pub(crate) fn contestant(parent: Parent) -> Contestant {
    ordered(parent, |posts, done| Order::Post { posts, done })
}

/// Calls from one actor to the other.
pub(crate) fn calls(parent: Parent) -> Contestant {
    ordered(parent, |calls, done| Order::Call { calls, done })
}

fn ordered(parent: Parent, order: fn(u64, oneshot::Sender<u64>) -> Order) -> Contestant {
    let runtime = runtime();
    let (guild, receiver) = mpsc::channel(CAPACITY);
    let guild_run = Guild { receiver, posts: 0 }.run();
    let (gateway, receiver) = mpsc::channel(1);
    start(&runtime, Gateway { receiver, guild }.run(), guild_run);
    timed(move |times| {
        let (done, over) = oneshot::channel();
        runtime.block_on(async {
            let order = Envelope::new(order(times, done), arrived(parent));
            gateway.send_envelope(order).await.expect("the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}

/// A guild whose mailbox stays empty.
pub(crate) fn idle() -> (impl Send + 'static, Pin<Box<dyn Future<Output = ()>>>) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (sender, Box::pin(Guild { receiver, posts: 0 }.run()))
}

/// Messages to the guild alone, each with the context that `carried` returns.
pub(crate) fn forwarded(carried: fn() -> MessageContext) -> Contestant {
    let runtime = runtime();
    let (guild, receiver) = mpsc::channel(CAPACITY);
    runtime.spawn(Guild { receiver, posts: 0 }.run());
    timed(move |posts| {
        runtime.block_on(async {
            for number in 0..posts {
                let post = Message::Post { channel: number, text: text(number) };
                guild.send_envelope(Envelope::new(post, carried())).await.expect("the guild runs");
            }
            let (respond_to, count) = oneshot::channel();
            let count_posts = Envelope::new(Message::Count { respond_to }, MessageContext::UNSAMPLED);
            guild.send_envelope(count_posts).await.expect("the guild runs");
            count.await.expect("the guild answers")
        });
    })
}
