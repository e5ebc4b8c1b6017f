//! The same two actors by each means: a gateway that is told to post, and a guild that takes the posts.
//!
//! Both run on one thread. The gateway sends until tokio takes its turn away, every 128 messages; then the guild
//! handles what is in its mailbox. A post is 64 bytes, and its handler awaits once.

pub(crate) mod direct;
pub(crate) mod enveloped;
pub(crate) mod fastrace;
pub(crate) mod floor;
pub(crate) mod kameo;
pub(crate) mod opentelemetry;
pub(crate) mod padded;
pub(crate) mod provider;
pub(crate) mod ractor;
pub(crate) mod spawned;
pub(crate) mod subscriber;
pub(crate) mod tracing;
pub(crate) mod waiting;
pub(crate) mod wrapped;

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Builder, Runtime};
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor::traced_actor;
use traced_actor_benches::{Contestant, timed};
use traced_actor_propagation::Edge;

/// A program by a channel, once for each use.
///
/// So each contestant has messages of its own, and tokio's functions are compiled for it alone. The compiler inlines what is
/// called once: where contestants share a type, it does so for the others, and they look slower.
macro_rules! programs {
    ($($name:ident: $mpsc:path, $file:literal;)*) => {
        $(
            #[allow(dead_code, reason = "each use needs a part of it")]
            pub(crate) mod $name {
                use $mpsc as mpsc;
                include!($file);
            }
        )*
    };
}

programs! {
    bare: tokio::sync::mpsc, "plain.rs";
    bare_calls: tokio::sync::mpsc, "plain.rs";
    bare_idle: tokio::sync::mpsc, "plain.rs";
    bare_inline: tokio::sync::mpsc, "plain_inline.rs";
    floor_handled: super::enveloped, "plain.rs";
    floor_inline: super::enveloped, "plain_inline.rs";
    traced: traced_actor::sync::mpsc, "traced.rs";
    traced_calls: traced_actor::sync::mpsc, "traced.rs";
    traced_idle: traced_actor::sync::mpsc, "traced.rs";
    traced_forwarded: traced_actor::sync::mpsc, "traced.rs";
    traced_inline: traced_actor::sync::mpsc, "traced_inline.rs";
}

/// What the mailboxes have room for.
pub(crate) const CAPACITY: usize = 1024;

/// What was decided about the trace that the posts belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    Unsampled,
    Sampled,
}

impl Parent {
    /// The header of a request that comes with it.
    pub(crate) fn traceparent(self) -> &'static str {
        match self {
            Self::Unsampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            Self::Sampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
    }
}

/// What a request with this header brings along.
pub(crate) fn arrived(parent: Parent) -> MessageContext {
    Edge::new("orders").accept(&[("traceparent", parent.traceparent())], Timestamp::now()).context
}

/// The text of a post.
pub(crate) type Text = [u64; 6];

pub(crate) fn text(number: u64) -> Text {
    [number; 6]
}

/// A post alone, where nothing else is sent.
#[traced_actor]
#[derive(Clone)]
pub(crate) struct Post {
    _channel: u64,
    _text: Text,
}

impl Post {
    pub(crate) fn new() -> Self {
        Self { _channel: 0, _text: text(0) }
    }
}

/// What a handler waits for, and has at once.
pub(crate) async fn stored(channel: u64, text: &Text) -> u64 {
    std::future::ready(black_box(channel ^ text[5])).await
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime of one thread without drivers")
}

/// A loop that is polled and stays pending, with what keeps its mailbox open.
pub(crate) fn polled(
    (open, mut guild): (impl Send + 'static, Pin<Box<dyn Future<Output = ()>>>),
) -> Contestant {
    timed(move |times| {
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..times {
            assert_eq!(guild.as_mut().poll(&mut cx), Poll::Pending);
        }
        let _open = &open;
    })
}

/// Runs both actors of a program in the background of `runtime`.
pub(crate) fn start(
    runtime: &Runtime,
    gateway: impl Future<Output = ()> + Send + 'static,
    guild: impl Future<Output = ()> + Send + 'static,
) {
    runtime.spawn(gateway);
    runtime.spawn(guild);
}
