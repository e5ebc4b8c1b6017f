//! The program with OpenTelemetry, written by hand with care.
//!
//! A message carries its sender's context and, if that is sampled, the time. The receive loop starts a span below it,
//! with the attributes that `traced-actor` records, and handles the message in it. If the parent is unsampled, the span
//! only gets the attributes that samplers read by the messaging conventions.

use std::time::SystemTime;

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use tokio::sync::{mpsc, oneshot};
use traced_actor_benches::{Contestant, timed};

use super::provider::provider;
use super::{CAPACITY, Parent, Text, runtime, start, stored, text};

struct Envelope<M> {
    message: M,
    cx: Context,
    sent: Option<SystemTime>,
}

impl<M> Envelope<M> {
    fn new(message: M) -> Self {
        let cx = Context::current();
        let sent = cx.span().span_context().is_sampled().then(SystemTime::now);
        Self { message, cx, sent }
    }
}

/// The attributes of a span that describe its actor and its message.
#[derive(Clone, Copy)]
struct Operation {
    actor: &'static str,
    kind: &'static str,
    name: &'static str,
}

/// The context in which a message is handled: with a span that ends when the context is dropped.
fn process(
    tracer: &SdkTracer,
    operation: Operation,
    cx: &Context,
    sent: Option<SystemTime>,
    fields: impl FnOnce(&mut Vec<KeyValue>),
) -> Context {
    let mut attributes = Vec::with_capacity(if sent.is_some() { 11 } else { 4 });
    attributes.extend([
        KeyValue::new("messaging.system", "by_hand"),
        KeyValue::new("messaging.operation.name", "process"),
        KeyValue::new("messaging.operation.type", "process"),
        KeyValue::new("messaging.destination.name", operation.actor),
    ]);
    if let Some(sent) = sent {
        let wait = sent.elapsed().unwrap_or_default();
        attributes.extend([
            KeyValue::new("actor.name", operation.actor),
            KeyValue::new("actor.message.kind", operation.kind),
            KeyValue::new("actor.mailbox.wait", wait.as_secs_f64()),
            KeyValue::new("sampling.reason", "parent"),
        ]);
        fields(&mut attributes);
    }
    let builder =
        tracer.span_builder(operation.name).with_kind(SpanKind::Consumer).with_attributes(attributes);
    cx.with_span(builder.start_with_context(tracer, cx))
}

enum Message {
    Post { channel: u64, text: Text },
    Count { respond_to: oneshot::Sender<u64> },
}

impl Message {
    fn operation(&self) -> Operation {
        match self {
            Self::Post { .. } => Operation { actor: "Guild", kind: "Post", name: "Guild/Post" },
            Self::Count { .. } => Operation { actor: "Guild", kind: "Count", name: "Guild/Count" },
        }
    }

    fn fields(&self, attributes: &mut Vec<KeyValue>) {
        if let Self::Post { channel, text } = self {
            attributes.extend([
                KeyValue::new("channel", int(*channel)),
                KeyValue::new("first", int(text[0])),
                KeyValue::new("last", int(text[5])),
            ]);
        }
    }
}

fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

struct Guild {
    receiver: mpsc::Receiver<Envelope<Message>>,
    tracer: SdkTracer,
    posts: u64,
}

impl Guild {
    async fn run(mut self) {
        while let Some(Envelope { message, cx, sent }) = self.receiver.recv().await {
            let fields = |attributes: &mut _| message.fields(attributes);
            let cx = process(&self.tracer, message.operation(), &cx, sent, fields);
            self.handle_message(message).with_context(cx).await;
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
    tracer: SdkTracer,
}

impl Gateway {
    async fn run(mut self) {
        let operation = Operation { actor: "Gateway", kind: "Order", name: "Gateway/Order" };
        while let Some(Envelope { message, cx, sent }) = self.receiver.recv().await {
            let cx = process(&self.tracer, operation, &cx, sent, |_| {});
            self.handle_order(message).with_context(cx).await;
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
    let guild_run = Guild { receiver, tracer: tracer(), posts: 0 }.run();
    let (gateway, receiver) = mpsc::channel(1);
    start(&runtime, Gateway { receiver, guild, tracer: tracer() }.run(), guild_run);
    let cx = remote(parent);
    timed(move |posts| {
        let (done, over) = oneshot::channel();
        let order = {
            let _attached = cx.clone().attach();
            Envelope::new(Order { posts, done })
        };
        runtime.block_on(async {
            gateway.send(order).await.expect("the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}

fn tracer() -> SdkTracer {
    provider().tracer("by hand")
}

/// OpenTelemetry's context of a parent in another process.
pub(crate) fn remote(parent: Parent) -> Context {
    let flags = match parent {
        Parent::Unsampled => TraceFlags::NOT_SAMPLED,
        Parent::Sampled => TraceFlags::SAMPLED,
    };
    let (trace, span) =
        (TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128), 0xb7ad_6b71_6920_3331);
    let context = SpanContext::new(trace, SpanId::from(span), flags, true, TraceState::NONE);
    Context::new().with_remote_span_context(context)
}
