//! [futures](https://docs.rs/futures)' `channel::mpsc`, with the trace context beside each message (feature `futures`).
//!
//! The same types, methods and errors, and the same traits: senders are sinks, receivers are streams. A channel of a type without
//! `#[traced_actor]` is made by [`channel_named_by_type`] or [`unbounded_named_by_type`]; its messages have the type's name as their kind.
//!
//! [`Sender::send`] and [`Sender::feed`] are the sender's own, and take the place of those of `SinkExt`, which know the
//! message's context only when there is room: ours capture it when they are called. Where a message reaches the sender as a
//! [`Sink`](futures_sink::Sink), as through `forward` or `send_all`, the context is that of the moment of `start_send`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use traced_actor_channels::futures::channel::mpsc;
//!
//! let (mut sender, mut receiver) = mpsc::channel_named_by_type(8);
//! sender.send("hello").await.unwrap();
//! assert_eq!(receiver.recv().await, Ok("hello"));
//! # }
//! ```
//!
//! # Cost
//!
//! Eight bytes a queued message, more for some alignments (see [`Envelope`]); while nothing is sampled no allocation.

mod error;
mod receiver;
mod sender;

use futures_channel::mpsc;
use traced_actor::sync::wrap::Describe;
use traced_actor::{Envelope, Message};

pub use error::TrySendError;
pub use futures_channel::mpsc::{RecvError, SendError, TryRecvError};
pub use receiver::{Receiver, Recv, UnboundedReceiver};
pub use sender::{Sender, UnboundedSender};

/// Creates a bounded channel of annotated messages, as [`mpsc::channel`]: there is room for `buffer`, and one for each sender.
pub fn channel<T: Message>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    bounded(buffer, Describe::message())
}

/// Creates a bounded channel of messages of any type; their kind is the type's name.
pub fn channel_named_by_type<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    bounded(buffer, Describe::type_name())
}

/// Creates a channel of annotated messages without bound, as [`mpsc::unbounded`].
pub fn unbounded<T: Message>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    without_bound(Describe::message())
}

/// Creates an unbounded channel of messages of any type; their kind is the type's name.
pub fn unbounded_named_by_type<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    without_bound(Describe::type_name())
}

fn bounded<T>(buffer: usize, describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel::<Envelope<T>>(buffer);
    (Sender::new(sender, describe), Receiver::new(receiver, describe))
}

fn without_bound<T>(describe: Describe<T>) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded::<Envelope<T>>();
    (UnboundedSender::new(sender, describe), UnboundedReceiver::new(receiver, describe))
}
