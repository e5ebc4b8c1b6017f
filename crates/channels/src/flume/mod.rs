//! [flume](https://docs.rs/flume)'s channels, with the trace context beside each message (feature `flume`).
//!
//! The same types, methods, errors and cancel safety; not there are sinks and the `Selector`. A channel of a type
//! without `#[traced_actor]` is made by [`bounded_named_by_type`] or [`unbounded_named_by_type`]; its messages have the type's name as
//! their kind. A bound of 0 makes a rendezvous channel, as flume's.
//!
//! A receiver is cloned, and receives through `&self`. The span of a message ends at the next receive **of the
//! same receiver in the same task or thread**: another clone's leaves it open, and so does another task's that
//! shares the receiver by reference. It also ends when the receiver is dropped.
//!
//! `recv` and `iter` block the thread and need no [flow](traced_actor::Traced) there, nor does `try_recv` on a thread outside of a
//! runtime. A task without a flow is known by its id, at a higher cost.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use traced_actor_channels::flume;
//!
//! let (sender, receiver) = flume::bounded_named_by_type(8);
//! sender.send_async("hello").await.unwrap();
//! assert_eq!(receiver.recv_async().await, Ok("hello"));
//! # }
//! ```
//!
//! # Cost
//!
//! Eight bytes a queued message, more for some alignments (see [`Envelope`]); while nothing is sampled no allocation, and four short
//! locks a receive, which nobody waits for unless the receiver is shared.

pub mod r#async;
mod iter;
mod receiver;
mod sender;

pub use ::flume::{RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};
pub use iter::{Drain, IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};

use traced_actor::sync::wrap::Describe;
use traced_actor::{Envelope, Message};

/// Creates a channel of annotated messages with room for `cap`, as [`::flume::bounded`].
pub fn bounded<T: Message>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(::flume::bounded(cap), Describe::message())
}

/// Creates a bounded channel of messages of any type; their kind is the type's name.
pub fn bounded_named_by_type<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(::flume::bounded(cap), Describe::type_name())
}

/// Creates a channel of annotated messages without bound, as [`::flume::unbounded`].
pub fn unbounded<T: Message>() -> (Sender<T>, Receiver<T>) {
    described(::flume::unbounded(), Describe::message())
}

/// Creates an unbounded channel of messages of any type; their kind is the type's name.
pub fn unbounded_named_by_type<T>() -> (Sender<T>, Receiver<T>) {
    described(::flume::unbounded(), Describe::type_name())
}

fn described<T>(
    (sender, receiver): (::flume::Sender<Envelope<T>>, ::flume::Receiver<Envelope<T>>),
    describe: Describe<T>,
) -> (Sender<T>, Receiver<T>) {
    (Sender { inner: sender, describe }, Receiver::new(receiver, describe))
}
