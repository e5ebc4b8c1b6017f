//! The channels of [async-channel](https://docs.rs/async-channel), with the trace context in each message.
//!
//! This module needs the feature `async-channel`.
//!
//! The types, methods, errors and cancel safety are the same, but the futures have no named types.
//! [`bounded_named_by_type`] and [`unbounded_named_by_type`] create channels of types without `#[traced_actor]`. The
//! name of the type is the kind of their messages.
//!
//! A receiver can be cloned, and receives through `&self`. The span of a message ends at the next receive **of the same
//! receiver in the same task or thread**, and when the receiver is dropped. A receive of another clone leaves the span
//! open. So does a receive in another task that shares the receiver by reference.
//!
//! `recv_blocking` does not need a [flow](traced_actor::Traced). `try_recv` does not need one on a thread outside of a
//! runtime. A task without a flow is identified by its id, at a higher cost.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use traced_actor_channels::async_channel;
//!
//! let (sender, receiver) = async_channel::bounded_named_by_type(8);
//! sender.send("hello").await.unwrap();
//! assert_eq!(receiver.recv().await, Ok("hello"));
//! # }
//! ```
//!
//! # Cost
//!
//! A queued message takes eight more bytes, or more than that for some alignments (see [`Envelope`]). While nothing is
//! sampled there is no allocation. A receive takes four short locks, which are only contended if the receiver is
//! shared.

mod receiver;
mod sender;

pub use ::async_channel::{RecvError, SendError, TryRecvError, TrySendError};
pub use receiver::{Receiver, WeakReceiver};
pub use sender::{Sender, WeakSender};

use traced_actor::sync::wrap::{Channel, Describe};
use traced_actor::{Envelope, Message};

/// Creates a bounded channel of annotated messages with room for `cap`, like [`::async_channel::bounded`].
///
/// # Panics
///
/// Panics if `cap` is 0, like async-channel.
pub fn bounded<T: Message>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(::async_channel::bounded(cap), Describe::message())
}

/// Creates a bounded channel of messages of any type. Their kind is the name of the type.
///
/// # Panics
///
/// Panics if `cap` is 0, like async-channel.
pub fn bounded_named_by_type<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(::async_channel::bounded(cap), Describe::type_name())
}

/// Creates an unbounded channel of annotated messages, like [`::async_channel::unbounded`].
pub fn unbounded<T: Message>() -> (Sender<T>, Receiver<T>) {
    described(::async_channel::unbounded(), Describe::message())
}

/// Creates an unbounded channel of messages of any type. Their kind is the name of the type.
pub fn unbounded_named_by_type<T>() -> (Sender<T>, Receiver<T>) {
    described(::async_channel::unbounded(), Describe::type_name())
}

fn described<T>(
    (sender, receiver): (::async_channel::Sender<Envelope<T>>, ::async_channel::Receiver<Envelope<T>>),
    describe: Describe<T>,
) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(describe, sender.capacity());
    let receiver = Receiver::new(receiver, &channel);
    (Sender { inner: sender, channel }, receiver)
}
