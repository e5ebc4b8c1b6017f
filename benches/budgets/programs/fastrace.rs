//! The program with fastrace.
//!
//! A message carries its sender's context, and is handled in a span that begins there, as fastrace's documentation
//! recommends for work that leaves a thread and is not one future.

use fastrace::collector::{Config, Reporter, SpanId, SpanRecord, TraceId};
use fastrace::future::FutureExt as _;
use fastrace::prelude::{Span, SpanContext};
use tokio::sync::{mpsc, oneshot};
use traced_actor_benches::{Contestant, timed};

use super::{CAPACITY, Parent, Text, runtime, start, stored, text};

struct Nowhere;

impl Reporter for Nowhere {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        std::hint::black_box(spans);
    }
}

/// Installs a reporter that discards everything.
pub(crate) fn install() {
    fastrace::set_reporter(Nowhere, Config::default());
}

enum Message {
    Post { channel: u64, text: Text },
    Count { respond_to: oneshot::Sender<u64> },
}

impl Message {
    fn span(&self, parent: SpanContext) -> Span {
        match self {
            Self::Post { channel, text } => Span::root("Guild/Post", parent).with_properties(|| {
                [
                    ("messaging.system", "by_hand".into()),
                    ("messaging.operation.name", "process".into()),
                    ("messaging.operation.type", "process".into()),
                    ("messaging.destination.name", "Guild".into()),
                    ("channel", channel.to_string()),
                    ("first", text[0].to_string()),
                    ("last", text[5].to_string()),
                ]
            }),
            Self::Count { .. } => Span::root("Guild/Count", parent),
        }
    }
}

struct Envelope<M> {
    message: M,
    parent: Option<SpanContext>,
}

impl<M> Envelope<M> {
    fn new(message: M) -> Self {
        Self { message, parent: SpanContext::current_local_parent() }
    }
}

struct Guild {
    receiver: mpsc::Receiver<Envelope<Message>>,
    posts: u64,
}

impl Guild {
    async fn run(mut self) {
        while let Some(Envelope { message, parent }) = self.receiver.recv().await {
            let span = message.span(parent.unwrap_or_else(SpanContext::random));
            self.handle_message(message).in_span(span).await;
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
    receiver: mpsc::Receiver<Envelope<Order>>,
    guild: mpsc::Sender<Envelope<Message>>,
}

impl Gateway {
    async fn run(mut self) {
        while let Some(Envelope { message, parent }) = self.receiver.recv().await {
            let span = Span::root("Gateway/Order", parent.unwrap_or_else(SpanContext::random));
            self.handle_order(message).in_span(span).await;
        }
    }

    async fn handle_order(&mut self, order: Order) {
        for number in 0..order.posts {
            let post = Message::Post { channel: number, text: text(number) };
            self.guild.send(Envelope::new(post)).await.expect("the guild runs");
        }
        let (respond_to, count) = oneshot::channel();
        self.guild.send(Envelope::new(Message::Count { respond_to })).await.expect("the guild runs");
        order.done.send(count.await.expect("the guild answers")).ok();
    }
}

pub(crate) fn contestant(parent: Parent) -> Contestant {
    let runtime = runtime();
    let (guild, receiver) = mpsc::channel(CAPACITY);
    let guild_run = Guild { receiver, posts: 0 }.run();
    let (gateway, receiver) = mpsc::channel(1);
    start(&runtime, Gateway { receiver, guild }.run(), guild_run);
    let sampled = parent != Parent::Unsampled;
    timed(move |posts| {
        let (done, over) = oneshot::channel();
        let parent = SpanContext::new(TraceId(0x0af7_6519), SpanId(0xb7ad_6b71)).sampled(sampled);
        let order = Envelope { message: Order { posts, done }, parent: Some(parent) };
        runtime.block_on(async {
            gateway.send(order).await.expect("the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}
