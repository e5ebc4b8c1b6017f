//! The program with `tracing` spans, which tracing-opentelemetry exports.
//!
//! A message carries the span of its sender, and is handled in a span below it.

use tokio::sync::{mpsc, oneshot};
use traced_actor_benches::{Contestant, timed};
use tracing::{Instrument as _, Span, info_span};

use super::{CAPACITY, Text, runtime, start, stored, text};

enum Message {
    Post { channel: u64, text: Text },
    Count { respond_to: oneshot::Sender<u64> },
}

impl Message {
    fn span(&self, parent: &Span) -> Span {
        match self {
            Self::Post { channel, text } => info_span!(
                parent: parent,
                "Guild/Post",
                otel.kind = "consumer",
                messaging.system = "by_hand",
                messaging.operation.name = "process",
                messaging.operation.type = "process",
                messaging.destination.name = "Guild",
                channel,
                first = text[0],
                last = text[5],
            ),
            Self::Count { .. } => info_span!(parent: parent, "Guild/Count", otel.kind = "consumer"),
        }
    }
}

struct Guild {
    receiver: mpsc::Receiver<(Message, Span)>,
    posts: u64,
}

impl Guild {
    async fn run(mut self) {
        while let Some((message, parent)) = self.receiver.recv().await {
            let span = message.span(&parent);
            self.handle_message(message).instrument(span).await;
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
    guild: mpsc::Sender<(Message, Span)>,
}

impl Gateway {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle_order(order).instrument(info_span!("Gateway/Order")).await;
        }
    }

    async fn handle_order(&mut self, order: Order) {
        for number in 0..order.posts {
            let post = Message::Post { channel: number, text: text(number) };
            self.guild.send((post, Span::current())).await.expect("the guild runs");
        }
        let (respond_to, count) = oneshot::channel();
        self.guild.send((Message::Count { respond_to }, Span::current())).await.expect("the guild runs");
        order.done.send(count.await.expect("the guild answers")).ok();
    }
}

pub(crate) fn contestant() -> Contestant {
    let runtime = runtime();
    let (guild, receiver) = mpsc::channel(CAPACITY);
    let guild_run = Guild { receiver, posts: 0 }.run();
    let (gateway, receiver) = mpsc::channel(1);
    start(&runtime, Gateway { receiver, guild }.run(), guild_run);
    timed(move |posts| {
        let (done, over) = oneshot::channel();
        runtime.block_on(async {
            gateway.send(Order { posts, done }).await.expect("the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}
