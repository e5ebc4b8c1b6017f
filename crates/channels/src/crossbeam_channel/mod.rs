//! The channels of [crossbeam-channel](https://docs.rs/crossbeam-channel), with the trace context in each message.
//!
//! This module needs the feature `crossbeam`.
//!
//! The types, methods and errors are the same. `select!` and `Select` are not available, because they take crossbeam's
//! own receivers. Receive with a timeout, or from one channel. The channels `after`, `at`, `tick` and `never` carry no
//! messages; take them from crossbeam.
//!
//! [`bounded_named_by_type`] and [`unbounded_named_by_type`] create channels of types without `#[traced_actor]`. The
//! name of the type is the kind of their messages. A bound of 0 creates a rendezvous channel, as in crossbeam.
//!
//! A receiver can be cloned, and receives through `&self`. The span of a message ends at the next receive **of the same
//! receiver in the same task or thread**, and when the receiver is dropped.
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
//! A queued message takes eight more bytes, or more than that for some alignments (see [`Envelope`]). While nothing is
//! sampled there is no allocation. A receive takes four short locks, which are only contended if the receiver is
//! shared.

mod iter;
mod receiver;
mod sender;

use traced_actor::sync::wrap::{Channel, Describe};
use traced_actor::{Envelope, Message};

pub use crossbeam_channel::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::Sender;

/// Creates a bounded channel of annotated messages with room for `cap`, like [`crossbeam_channel::bounded`].
pub fn bounded<T: Message>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::bounded(cap), Describe::message())
}

/// Creates a bounded channel of messages of any type. Their kind is the name of the type.
pub fn bounded_named_by_type<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::bounded(cap), Describe::type_name())
}

/// Creates an unbounded channel of annotated messages, like [`crossbeam_channel::unbounded`].
pub fn unbounded<T: Message>() -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::unbounded(), Describe::message())
}

/// Creates an unbounded channel of messages of any type. Their kind is the name of the type.
pub fn unbounded_named_by_type<T>() -> (Sender<T>, Receiver<T>) {
    described(crossbeam_channel::unbounded(), Describe::type_name())
}

fn described<T>(
    (sender, receiver): (crossbeam_channel::Sender<Envelope<T>>, crossbeam_channel::Receiver<Envelope<T>>),
    describe: Describe<T>,
) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(describe, sender.capacity());
    let receiver = Receiver::new(receiver, &channel);
    (Sender::new(sender, channel), receiver)
}
