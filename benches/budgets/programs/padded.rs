//! The program without any tracing, but with eight more bytes beside each message: the cost of any context in the
//! mailbox.

use std::hint::black_box;

use tokio::sync::{mpsc, oneshot};
use traced_actor_benches::{Contestant, timed};

use super::{CAPACITY, Text, runtime, start, stored, text};

enum Message {
    Post { channel: u64, text: Text },
    Count { respond_to: oneshot::Sender<u64> },
}

struct Guild {
    receiver: mpsc::Receiver<(Message, u64)>,
    posts: u64,
    context: u64,
}

impl Guild {
    async fn run(mut self) {
        while let Some((message, context)) = self.receiver.recv().await {
            assert_eq!(context, self.context);
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

struct Order {
    posts: u64,
    done: oneshot::Sender<u64>,
}

struct Gateway {
    receiver: mpsc::Receiver<Order>,
    guild: mpsc::Sender<(Message, u64)>,
    context: u64,
}

impl Gateway {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle_order(order).await;
        }
    }

    async fn handle_order(&mut self, order: Order) {
        for number in 0..order.posts {
            let post = Message::Post { channel: number, text: text(number) };
            self.guild.send((post, self.context)).await.expect("the guild runs");
        }
        let (respond_to, count) = oneshot::channel();
        self.guild.send((Message::Count { respond_to }, self.context)).await.expect("the guild runs");
        order.done.send(count.await.expect("the guild answers")).ok();
    }
}

pub(crate) fn contestant() -> Contestant {
    let runtime = runtime();
    let (guild, receiver) = mpsc::channel(CAPACITY);
    let guild_run = Guild { receiver, posts: 0, context: black_box(3) }.run();
    let (gateway, receiver) = mpsc::channel(1);
    start(&runtime, Gateway { receiver, guild, context: black_box(3) }.run(), guild_run);
    timed(move |posts| {
        let (done, over) = oneshot::channel();
        runtime.block_on(async {
            gateway.send(Order { posts, done }).await.expect("the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}
