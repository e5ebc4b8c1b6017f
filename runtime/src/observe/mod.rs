//! The trait that watches every message, sampled or not, and the mailboxes of the process.
//!
//! An [`Observer`] is installed once per process. It is meant for metrics and for lists of open work, such as those of
//! `traced-actor-metrics`. Without an observer, each send, receive and handler call costs one load and one test.

mod handling;
mod mailbox;
mod observer;
mod receiver_mailbox;

pub(crate) use handling::{ClosureHandling, Handling, claimed, current, end, held, note_claimed, start};
pub use mailbox::Mailbox;
pub use observer::{
    ActorChange, AlreadyObserved, AskEnd, HandlingId, MessageType, Observer, Received, Sent, Unsent, observe,
};
#[doc(hidden)]
pub use observer::{Known, is_observed};
pub(crate) use observer::{call, observer};
pub(crate) use receiver_mailbox::ReceiverMailbox;
