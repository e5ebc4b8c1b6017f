//! The channels of [`std::sync::mpsc`], with the trace context in each message (feature `std`).
//!
//! The types, methods and errors are the same. [`channel_named_by_type`] and [`sync_channel_named_by_type`] create
//! channels of types without `#[traced_actor]`. The name of the type is the kind of their messages. A bound of 0
//! creates a rendezvous channel, as in std.
//!
//! ```
//! use traced_actor_channels::std::sync::mpsc;
//!
//! let (sender, receiver) = mpsc::channel_named_by_type();
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

use ::std::sync::mpsc;

use traced_actor::sync::wrap::{Channel, Describe};
use traced_actor::{Envelope, Message};

pub use ::std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::{Sender, SyncSender};

/// Creates an unbounded channel of annotated messages, like [`mpsc::channel`].
pub fn channel<T: Message>() -> (Sender<T>, Receiver<T>) {
    unbounded(Describe::message())
}

/// Creates an unbounded channel of messages of any type. Their kind is the name of the type.
pub fn channel_named_by_type<T>() -> (Sender<T>, Receiver<T>) {
    unbounded(Describe::type_name())
}

/// Creates a bounded channel of annotated messages with room for `bound`, like [`mpsc::sync_channel`].
pub fn sync_channel<T: Message>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    bounded(bound, Describe::message())
}

/// Creates a bounded channel of messages of any type. Their kind is the name of the type.
pub fn sync_channel_named_by_type<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    bounded(bound, Describe::type_name())
}

fn unbounded<T>(describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel::<Envelope<T>>();
    let channel = Channel::new(describe, None);
    let receiver = Receiver::new(receiver, &channel);
    (Sender::new(sender, channel), receiver)
}

fn bounded<T>(bound: usize, describe: Describe<T>) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel::<Envelope<T>>(bound);
    let channel = Channel::new(describe, Some(bound));
    let receiver = Receiver::new(receiver, &channel);
    (SyncSender::new(sender, channel), receiver)
}
