//! The rows. Each does its work [`TIMES`] times on this thread, by polling and without a runtime.

use std::any::Any;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc as raw;
use traced_actor::context::{MessageContext, SampledContext, TraceFlags, new_span_id};
use traced_actor::record::{self, OpenSpan, Recorder, Span, SpanEnd, SpanStart};
use traced_actor::sync::mpsc;
use traced_actor::w3c::traceparent;
use traced_actor::{Envelope, SpanId, TraceContext, TraceId, traced_actor};
use traced_actor_instructions::{Row, TIMES, measure};
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::{Codec, Encoding};

/// Sets up the process.
pub(crate) fn world() {
    record::install(Nothing).expect("nothing else is installed");
}

/// Counts `work` for each of [`TIMES`] inputs. The first run is not counted, because it fills caches.
fn times<T>(mut inputs: Vec<T>, mut work: impl FnMut(T)) {
    let mut rest = inputs.split_off(inputs.len() / 2);
    inputs.drain(..).for_each(&mut work);
    measure(&mut || rest.drain(..).for_each(&mut work));
}

/// A recorder that keeps nothing.
struct Nothing;

struct Unseen;

impl Recorder for Nothing {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let parent = new.parent?.context;
        Some(OpenSpan::shared(TraceContext::new(parent.trace_id, new_span_id(), parent.flags), &Unseen))
    }
}

impl Span for Unseen {
    fn finish(&self, _: TraceContext, _: &SpanEnd<'_>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

// ----- an actor without and with the attribute -----

struct BarePost {
    channel: u64,
    text: [u64; 6],
}

#[traced_actor]
struct Post {
    channel: u64,
    text: [u64; 6],
}

struct BareGuild(u64);

impl BareGuild {
    async fn handle_message(&mut self, message: BarePost) {
        self.0 += std::future::ready(black_box(message.channel ^ message.text[5])).await;
    }
}

struct Guild(u64);

#[traced_actor]
impl Guild {
    async fn handle_message(&mut self, message: Post) {
        self.0 += std::future::ready(black_box(message.channel ^ message.text[5])).await;
    }
}

/// The message of the sampled rows, which have their own types, as in a program: a function that is called in one place
/// is inlined there.
#[traced_actor]
struct SampledPost {
    channel: u64,
    text: [u64; 6],
}

struct SampledGuild {
    receiver: mpsc::Receiver<SampledPost>,
    posts: u64,
}

#[traced_actor]
impl SampledGuild {
    async fn run(&mut self, messages: u32) {
        for _ in 0..messages {
            if let Some(message) = self.receiver.recv().await {
                self.handle_message(message).await;
            }
        }
    }

    async fn handle_message(&mut self, message: SampledPost) {
        self.posts += std::future::ready(black_box(message.channel ^ message.text[5])).await;
    }
}

#[traced_actor]
struct InlinePost {
    channel: u64,
    text: [u64; 6],
}

struct InlineGuild {
    receiver: mpsc::Receiver<InlinePost>,
    posts: u64,
}

#[traced_actor]
impl InlineGuild {
    async fn run(&mut self, messages: u32) {
        for _ in 0..messages {
            if let Some(message) = self.receiver.recv().await {
                self.posts += std::future::ready(black_box(message.channel ^ message.text[5])).await;
            }
        }
    }
}

const ROOM: usize = 2 * TIMES as usize;

fn bare_posts() -> Vec<BarePost> {
    (0..ROOM as u64).map(|number| BarePost { channel: number, text: [number; 6] }).collect()
}

fn posts() -> Vec<Post> {
    (0..ROOM as u64).map(|number| Post { channel: number, text: [number; 6] }).collect()
}

fn sampled_post(number: u64) -> SampledPost {
    SampledPost { channel: number, text: [number; 6] }
}

/// Polls a future that is ready at once.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is room, and a message"),
    }
}

/// Runs as the handling of an unsampled message.
fn unsampled(work: impl FnOnce()) {
    let (_, mut handling) =
        Envelope::new(Post { channel: 0, text: [0; 6] }, MessageContext::UNSAMPLED).open();
    let entered = handling.enter();
    work();
    drop(entered);
    handling.end_ok();
}

/// Runs as the handling of a sampled message.
fn sampled(work: impl FnOnce()) {
    let context = MessageContext::sampled(SampledContext::new(context()));
    let (_, mut handling) = Envelope::new(sampled_post(0), context).open();
    let entered = handling.enter();
    work();
    drop(entered);
    handling.end_ok();
}

/// Returns a mailbox with messages that were sent in the handling of a sampled message.
fn sampled_mailbox<M: traced_actor::Message>(post: impl Fn(u64) -> M) -> mpsc::Receiver<M> {
    let (sender, receiver) = mpsc::channel(ROOM);
    sampled(|| (0..ROOM as u64).for_each(|number| assert!(sender.try_send(post(number)).is_ok())));
    receiver
}

// ----- messages and contexts in bytes -----

#[derive(Serialize, Deserialize)]
enum Message {
    Join { user: u64, device: u32 },
    Post { channel: u64, author: u64, text: String },
    Move { user: u64, to: (f32, f32, f32) },
    Leave(u64),
}

fn messages() -> [Message; 4] {
    [
        Message::Join { user: 7_000_001, device: 3 },
        Message::Post { channel: 41, author: 7_000_001, text: "see you at eight".into() },
        Message::Move { user: 7_000_001, to: (1.5, -2.25, 0.125) },
        Message::Leave(7_000_001),
    ]
}

/// Fixed ids, so that the counts are the same in each run.
fn context() -> TraceContext {
    let trace_id = TraceId::from_bytes(*b"\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c");
    let span_id = SpanId::from_bytes(*b"\xb7\xad\x6b\x71\x69\x20\x33\x31");
    TraceContext::new(trace_id.expect("not zero"), span_id.expect("not zero"), TraceFlags::SAMPLED)
}

/// Decodes bare messages, the four in turn.
fn bare(codec: &impl Codec) {
    let encoded = messages().map(|message| codec.write(&message).expect("a plain message"));
    decode(codec, &encoded);
}

/// Decodes sampled envelopes, the four in turn.
fn enveloped(codec: &impl Codec) {
    let encoded = messages().map(|message| {
        let carried = MessageContext::sampled(SampledContext::new(context()));
        codec.encode(&Envelope::new(message, carried), Encoding::Envelope).expect("an enum")
    });
    decode(codec, &encoded);
}

fn decode(codec: &impl Codec, encoded: &[Vec<u8>; 4]) {
    times((0..ROOM).collect(), |index: usize| {
        let message: Envelope<Message> = codec.decode(black_box(&encoded[index % 4])).expect("our own bytes");
        black_box(&message);
    });
}

// ----- the rows -----

/// Returns all rows, in the order in which they run.
pub(crate) const ROWS: &[Row] = &[
    row("send, bare", || {
        let (sender, _receiver) = raw::channel(ROOM);
        times(bare_posts(), |post| assert!(ready(sender.send(post)).is_ok()));
    }),
    row("send, unsampled", || {
        let (sender, _receiver) = mpsc::channel(ROOM);
        unsampled(|| times(posts(), |post| assert!(ready(sender.send(post)).is_ok())));
    }),
    row("receive, bare", || {
        let (sender, mut receiver) = raw::channel(ROOM);
        for post in bare_posts() {
            assert!(sender.try_send(post).is_ok());
        }
        times(vec![(); ROOM], |()| assert!(black_box(ready(receiver.recv())).is_some()));
    }),
    row("receive, unsampled", || {
        let (sender, mut receiver) = mpsc::channel(ROOM);
        unsampled(|| {
            for post in posts() {
                assert!(sender.try_send(post).is_ok());
            }
        });
        unsampled(|| times(vec![(); ROOM], |()| assert!(black_box(ready(receiver.recv())).is_some())));
    }),
    row("handle, bare", || {
        let mut guild = BareGuild(0);
        times(bare_posts(), |post| ready(guild.handle_message(post)));
        black_box(guild.0);
    }),
    row("handle, unsampled", || {
        let mut guild = Guild(0);
        unsampled(|| times(posts(), |post| ready(guild.handle_message(post))));
        black_box(guild.0);
    }),
    row("send, sampled", || {
        let (sender, _receiver) = mpsc::channel(ROOM);
        let posts = (0..ROOM as u64).map(sampled_post).collect();
        sampled(|| times(posts, |post| assert!(ready(sender.send(post)).is_ok())));
    }),
    row("receive and handle, sampled", || {
        let mut guild = SampledGuild { receiver: sampled_mailbox(sampled_post), posts: 0 };
        ready(guild.run(TIMES));
        measure(&mut || ready(guild.run(TIMES)));
        black_box(guild.posts);
    }),
    row("receive and handle inline, sampled", || {
        let receiver = sampled_mailbox(|number| InlinePost { channel: number, text: [number; 6] });
        let mut guild = InlineGuild { receiver, posts: 0 };
        ready(guild.run(TIMES));
        measure(&mut || ready(guild.run(TIMES)));
        black_box(guild.posts);
    }),
    row("bare decode, postcard", || bare(&Postcard)),
    row("bare decode, JSON", || bare(&Json)),
    row("bare decode, bincode 2", || bare(&Bincode::new())),
    row("bare decode, bincode 1", || bare(&Bincode1)),
    row("bare decode, MessagePack", || bare(&Msgpack)),
    row("bare decode, MessagePack with names", || bare(&MsgpackNamed)),
    row("bare decode, CBOR", || bare(&Cbor)),
    row("enveloped decode, postcard", || enveloped(&Postcard)),
    row("enveloped decode, JSON", || enveloped(&Json)),
    row("traceparent: flag peek", || {
        let text = traceparent::write(&context());
        times(vec![(); ROOM], |()| {
            black_box(traceparent::peek(black_box(text.as_bytes())));
        });
    }),
    row("traceparent: parse", || {
        let text = traceparent::write(&context());
        times(vec![(); ROOM], |()| {
            black_box(traceparent::parse(black_box(text.as_bytes()))).expect("what we wrote");
        });
    }),
    row("traceparent: write", || {
        let context = context();
        times(vec![(); ROOM], |()| {
            black_box(traceparent::write(black_box(&context)));
        });
    }),
];

const fn row(name: &'static str, run: fn()) -> Row {
    Row { name, run }
}
