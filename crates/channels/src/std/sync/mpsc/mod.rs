//! The channels of [`std::sync::mpsc`], with the trace context beside each message (feature `std`).
//!
//! The same types, methods and errors. A channel of a type without `#[traced_actor]` is made by [`channel_named_by_type`] or
//! [`sync_channel_named_by_type`]; its messages have the type's name as their kind. A bound of 0 makes a rendezvous channel, as std's.
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
//! Eight bytes a queued message, more for some alignments (see [`Envelope`]); while nothing is sampled no allocation, and four short
//! locks a receive, which nobody waits for unless the receiver is shared.

mod iter;
mod receiver;
mod sender;

use ::std::sync::mpsc;

use traced_actor::sync::wrap::Describe;
use traced_actor::{Envelope, Message};

pub use ::std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::{Sender, SyncSender};

/// Creates a channel of annotated messages without bound, as [`mpsc::channel`].
pub fn channel<T: Message>() -> (Sender<T>, Receiver<T>) {
    unbounded(Describe::message())
}

/// Creates a channel of messages of any type without bound; their kind is the type's name.
pub fn channel_named_by_type<T>() -> (Sender<T>, Receiver<T>) {
    unbounded(Describe::type_name())
}

/// Creates a channel of annotated messages with room for `bound`, as [`mpsc::sync_channel`].
pub fn sync_channel<T: Message>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    bounded(bound, Describe::message())
}

/// Creates a bounded channel of messages of any type; their kind is the type's name.
pub fn sync_channel_named_by_type<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    bounded(bound, Describe::type_name())
}

fn unbounded<T>(describe: Describe<T>) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel::<Envelope<T>>();
    (Sender::new(sender, describe), Receiver::new(receiver, describe))
}

fn bounded<T>(bound: usize, describe: Describe<T>) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel::<Envelope<T>>(bound);
    (SyncSender::new(sender, describe), Receiver::new(receiver, describe))
}
