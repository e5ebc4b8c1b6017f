//! tokio's broadcast channel, with the trace context in each message.
//!
//! Each subscriber gets its own envelope. This module needs the feature `broadcast`.
//!
//! The types, methods and errors are those of [`tokio::sync::broadcast`]. [`channel_named_by_type`] creates channels of
//! types without `#[traced_actor]`. The name of the type is the kind of their messages.
//!
//! # What is traced
//!
//! A sampled message to n subscribers is a [`fanout`](mod@traced_actor::fanout) of n. Each receive of a subscriber is a
//! recipient. At most as many recipients as the fan-out budget (default 10) are traced, each with its weight. A
//! subscriber that lags and loses the message has no span. A receiver that subscribed after the message was sent does
//! not get it and has no span.
//!
//! A send within a fan-out is one recipient of that fan-out, and its weight is included.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use traced_actor_channels::tokio::sync::broadcast;
//!
//! let (sender, mut first) = broadcast::channel_named_by_type(8);
//! let mut second = sender.subscribe();
//! sender.send("hello").unwrap();
//! assert_eq!(first.recv().await, Ok("hello"));
//! assert_eq!(second.recv().await, Ok("hello"));
//! # }
//! ```
//!
//! If mailboxes are observed, such as by `traced-actor-metrics`, each subscriber has a mailbox with a depth, and the
//! messages that it has lost because it lagged are counted. A send then takes time for each subscriber.
//!
//! # How the macro finds it
//!
//! A parameter that is written `broadcast::Receiver<M>` is taken for tokio's own receiver, which carries no trace.
//! Import the type itself, or write its path from `traced_actor_channels` on. Fields of a struct outside of an
//! annotated module are not read.
//!
//! # Cost
//!
//! A queued message takes sixteen more bytes, or more than that for some alignments. While nothing is sampled there is
//! no allocation. A sampled message costs one allocation when it is sent, and one for each subscriber that is traced.

mod receiver;
mod sender;
mod subscribers;

use ::tokio::sync::broadcast;
use traced_actor::Message;
use traced_actor::sync::wrap::{BroadcastMessage, Describe};

pub use ::tokio::sync::broadcast::error;
pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};
use subscribers::Subscribers;

/// Creates a channel of annotated messages, like [`broadcast::channel`].
///
/// # Panics
///
/// Panics if `capacity` is 0 or larger than `usize::MAX / 2`, like tokio's channel.
#[track_caller]
pub fn channel<T: Message + Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    described(capacity, Describe::message())
}

/// Creates a channel of messages of any type. Their kind is the name of the type.
///
/// # Panics
///
/// Panics if `capacity` is 0 or larger than `usize::MAX / 2`, like tokio's channel.
#[track_caller]
pub fn channel_named_by_type<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    described(capacity, Describe::type_name())
}

#[track_caller]
fn described<T: Clone>(capacity: usize, describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = broadcast::channel::<BroadcastMessage<T>>(capacity);
    let subscribers = Subscribers::new(describe, capacity);
    let receiver = Receiver::new(receiver, &subscribers);
    (Sender::with(sender, subscribers), receiver)
}
