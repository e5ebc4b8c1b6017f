//! The channels of [futures](https://docs.rs/futures)' `channel::mpsc`, with the trace context in each message.
//!
//! This module needs the feature `futures`.
//!
//! The types, methods, errors and traits are the same: senders are sinks, and receivers are streams.
//! [`channel_named_by_type`] and [`unbounded_named_by_type`] create channels of types without `#[traced_actor]`. The
//! name of the type is the kind of their messages.
//!
//! [`Sender::send`] and [`Sender::feed`] replace those of `SinkExt`. They capture the message's context when they are
//! called, and those of `SinkExt` would capture it only when there is room. If a message reaches the sender as a
//! [`Sink`](futures_sink::Sink), as through `forward` or `send_all`, the context is captured at `start_send`.
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
//! A queued message takes eight more bytes, or more than that for some alignments (see [`Envelope`]). While nothing is
//! sampled there is no allocation.

mod error;
mod receiver;
mod sender;

use futures_channel::mpsc;
use traced_actor::sync::wrap::{Channel, Describe};
use traced_actor::{Envelope, Message};

pub use error::TrySendError;
pub use futures_channel::mpsc::{RecvError, SendError, TryRecvError};
pub use receiver::{Receiver, Recv, UnboundedReceiver};
pub use sender::{Sender, UnboundedSender};

/// Creates a bounded channel of annotated messages, like [`mpsc::channel`].
///
/// It has room for `buffer` messages, and for one more for each sender.
pub fn channel<T: Message>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    bounded(buffer, Describe::message())
}

/// Creates a bounded channel of messages of any type. Their kind is the name of the type.
pub fn channel_named_by_type<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    bounded(buffer, Describe::type_name())
}

/// Creates an unbounded channel of annotated messages, like [`mpsc::unbounded`].
pub fn unbounded<T: Message>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    without_bound(Describe::message())
}

/// Creates an unbounded channel of messages of any type. Their kind is the name of the type.
pub fn unbounded_named_by_type<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    without_bound(Describe::type_name())
}

fn bounded<T>(buffer: usize, describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel::<Envelope<T>>(buffer);
    // The capacity rises with each sender, so none is reported.
    let channel = Channel::new(describe, None);
    let receiver = Receiver::new(receiver, &channel);
    (Sender::new(sender, channel), receiver)
}

fn without_bound<T>(describe: Describe<T>) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded::<Envelope<T>>();
    let channel = Channel::new(describe, None);
    let receiver = UnboundedReceiver::new(receiver, &channel);
    (UnboundedSender::new(sender, channel), receiver)
}
