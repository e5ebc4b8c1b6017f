//! [crossbeam-channel](https://docs.rs/crossbeam-channel)'s channels, with the trace context beside each message (feature
//! `crossbeam`).
//!
//! The same types, methods and errors. Not there are `select!` and `Select`, which take the crate's own receivers: receive with a
//! timeout, or from one channel. The clocks `after`, `at`, `tick` and `never` carry no messages; take them from the crate.
//!
//! A channel of a type without `#[traced_actor]` is made by [`bounded_named_by_type`] or [`unbounded_named_by_type`]; its messages have the type's name
//! as their kind. A bound of 0 makes a rendezvous channel, as the crate's.
//!
//! A receiver is cloned, and receives through `&self`. The span of a message ends at the next receive **of the same receiver in the
//! same task or thread**, and when the receiver is dropped.
//!
//! ```
//! use traced_actor_channels::crossbeam_channel;
//!
//! let (sender, receiver) = crossbeam_channel::bounded_named_by_type(8);
//! sender.send("hello").unwrap();
//! assert_eq!(receiver.recv(), Ok("hello"));
//! ```
//!
//! # Cost
//!
//! Eight bytes a queued message, more for some alignments (see [`Envelope`]); while nothing is sampled no allocation, and four short
//! locks a receive, which nobody waits for unless the receiver is shared.

mod iter;
mod receiver;
mod sender;

use traced_actor::sync::wrap::Describe;
use traced_actor::{Envelope, Message};

pub use crossbeam_channel::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::Sender;

/// Creates a channel of annotated messages with room for `cap`, as [`crossbeam_channel::bounded`].
pub fn bounded<T: Message>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::bounded(cap), Describe::message())
}

/// Creates a bounded channel of messages of any type; their kind is the type's name.
pub fn bounded_named_by_type<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::bounded(cap), Describe::type_name())
}

/// Creates a channel of annotated messages without bound, as [`crossbeam_channel::unbounded`].
pub fn unbounded<T: Message>() -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::unbounded(), Describe::message())
}

/// Creates an unbounded channel of messages of any type; their kind is the type's name.
pub fn unbounded_named_by_type<T>() -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::unbounded(), Describe::type_name())
}

fn described<T>(
    (sender, receiver): (crossbeam_channel::Sender<Envelope<T>>, crossbeam_channel::Receiver<Envelope<T>>),
    describe: Describe<T>,
) -> (Sender<T>, Receiver<T>) {
    (Sender::new(sender, describe), Receiver::new(receiver, describe))
}
