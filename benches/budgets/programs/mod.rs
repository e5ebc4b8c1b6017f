//! The same two actors in each variant: a gateway that orders posts, and a guild that handles them.
//!
//! Both run on one thread. The gateway sends until tokio makes it yield, every 128 messages. Then the guild handles the
//! messages in its mailbox. A post is 64 bytes, and its handler awaits once.

pub(crate) mod actix;
pub(crate) mod direct;
pub(crate) mod enveloped;
pub(crate) mod fastrace;
pub(crate) mod flight;
pub(crate) mod floor;
pub(crate) mod hand_written;
pub(crate) mod kameo;
mod kameo_guild;
pub(crate) mod opentelemetry;
pub(crate) mod padded;
pub(crate) mod provider;
pub(crate) mod ractor;
pub(crate) mod sizes;
pub(crate) mod spawned;
pub(crate) mod subscriber;
pub(crate) mod tracing;
pub(crate) mod waiting;
mod work;
pub(crate) mod wrapped;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use traced_actor::traced_actor;
use traced_actor_benches::{Contestant, timed};

pub(crate) use self::work::{CAPACITY, Parent, Text, arrived, runtime, start, stored, text};

/// Defines a program over a channel, once for each use.
///
/// So each contestant has its own messages, and tokio's functions are compiled for it alone. The compiler inlines a
/// function that is called once. If contestants shared a type, it would do so only for the others, and they would look
/// slower.
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
    spanned_handled: super::hand_written, "plain.rs";
    spanned_inline: super::hand_written, "plain_inline.rs";
    traced: traced_actor::sync::mpsc, "traced.rs";
    traced_calls: traced_actor::sync::mpsc, "traced.rs";
    traced_idle: traced_actor::sync::mpsc, "traced.rs";
    traced_forwarded: traced_actor::sync::mpsc, "traced.rs";
    traced_no_fields: traced_actor::sync::mpsc, "traced_no_fields.rs";
    traced_ten_fields: traced_actor::sync::mpsc, "traced_ten_fields.rs";
    traced_inline: traced_actor::sync::mpsc, "traced_inline.rs";
}

/// A post, for programs that send nothing else.
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

/// A loop that is polled and stays pending, with the sender that keeps its mailbox open.
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
