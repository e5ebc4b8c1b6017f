//! tokio's broadcast channel, with the trace context beside each message, in an envelope for each subscriber (feature `broadcast`).
//!
//! The same types, methods and errors as [`tokio::sync::broadcast`]. A channel of a type without `#[traced_actor]` is made by
//! [`channel_named_by_type`]; its messages have the type's name as their kind.
//!
//! # What is traced
//!
//! A sampled message to n subscribers is a [`fanout`](mod@traced_actor::fanout) of n: each subscriber's receive is a recipient, and
//! at most the fan-out budget of them (default 10) are traced, each with its weight. A subscriber that lags and loses the message
//! has no span. So has a receiver that subscribed after the message was sent: it does not get it.
//!
//! Where the send is itself inside of a fan-out, it is one recipient of that, and its weight counts on.
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
//! # In what the macro reads
//!
//! A parameter that is written `broadcast::Receiver<M>` is taken for tokio's own, which carries no trace. Import the type itself, or
//! write the path from `traced_actor_channels` on. Fields of a struct outside of an annotated module are not read.
//!
//! # Cost
//!
//! Sixteen bytes a queued message, more for some alignments; while nothing is sampled no allocation. A sampled message is one
//! allocation when it is sent, and one for each subscriber that is traced.

mod receiver;
mod sender;

use ::tokio::sync::broadcast;
use traced_actor::Message;
use traced_actor::sync::wrap::{BroadcastMessage, Describe};

pub use ::tokio::sync::broadcast::error;
pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};

/// Creates a channel of annotated messages, as [`broadcast::channel`].
///
/// # Panics
///
/// When `capacity` is 0 or larger than `usize::MAX / 2`, as tokio's.
#[track_caller]
pub fn channel<T: Message + Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    described(capacity, Describe::message())
}

/// Creates a channel of messages of any type; their kind is the type's name.
///
/// # Panics
///
/// When `capacity` is 0 or larger than `usize::MAX / 2`, as tokio's.
#[track_caller]
pub fn channel_named_by_type<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    described(capacity, Describe::type_name())
}

#[track_caller]
fn described<T: Clone>(capacity: usize, describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = broadcast::channel::<BroadcastMessage<T>>(capacity);
    (Sender::with(sender, describe), Receiver::new(receiver, describe))
}
