//! The program without any tracing, with the least cost of a wrapper around each handler: eight more bytes beside each
//! message, and a body that runs in one of two ways, depending on these bytes.

use std::hint::black_box;

use tokio::sync::{mpsc, oneshot};
use traced_actor_benches::{Contestant, timed};

use super::{CAPACITY, Text, runtime, start, stored, text};

/// A value that no message has beside it.
const OTHER: u64 = 5;

enum Message {
    Post { channel: u64, text: Text },
    Count { respond_to: oneshot::Sender<u64> },
}

struct Guild {
    receiver: mpsc::Receiver<(Message, u64)>,
    posts: u64,
}

impl Guild {
    async fn run(mut self) {
        while let Some((message, context)) = self.receiver.recv().await {
            self.handle_message(message, context).await;
        }
    }

    async fn handle_message(&mut self, message: Message, context: u64) {
        if context == OTHER {
            self.body(message).await;
            black_box(context);
        } else {
            self.body(message).await;
        }
    }

    async fn body(&mut self, message: Message) {
        match message {
            Message::Post { channel, text } => self.posts += stored(channel, &text).await & 1,
            Message::Count { respond_to } => drop(respond_to.send(self.posts)),
        }
    }
}

/// A message with two variants, like that of the other gateways.
enum Order {
    Post { posts: u64, done: oneshot::Sender<u64> },
    Call { calls: u64, done: oneshot::Sender<u64> },
}

struct Gateway {
    receiver: mpsc::Receiver<(Order, u64)>,
    guild: mpsc::Sender<(Message, u64)>,
    context: u64,
}

impl Gateway {
    async fn run(mut self) {
        while let Some((order, context)) = self.receiver.recv().await {
            self.handle_order(order, context).await;
        }
    }

    async fn handle_order(&mut self, order: Order, context: u64) {
        if context == OTHER {
            self.body(order).await;
            black_box(context);
        } else {
            self.body(order).await;
        }
    }

    async fn body(&mut self, order: Order) {
        match order {
            Order::Post { posts, done } => {
                for number in 0..posts {
                    let post = Message::Post { channel: number, text: text(number) };
                    self.guild.send((post, self.context)).await.expect("the guild runs");
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
        self.guild.send((Message::Count { respond_to }, self.context)).await.expect("the guild runs");
        count.await.expect("the guild answers")
    }
}

/// Messages through both actors.
pub(crate) fn contestant() -> Contestant {
    ordered(|posts, done| Order::Post { posts, done })
}

/// Calls from one actor to the other.
pub(crate) fn calls() -> Contestant {
    ordered(|calls, done| Order::Call { calls, done })
}

fn ordered(order: fn(u64, oneshot::Sender<u64>) -> Order) -> Contestant {
    let runtime = runtime();
    let context = black_box(3);
    let (guild, receiver) = mpsc::channel(CAPACITY);
    let guild_run = Guild { receiver, posts: 0 }.run();
    let (gateway, receiver) = mpsc::channel(1);
    start(&runtime, Gateway { receiver, guild, context }.run(), guild_run);
    timed(move |times| {
        let (done, over) = oneshot::channel();
        runtime.block_on(async {
            gateway.send((order(times, done), context)).await.expect("the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}
