//! The trait that watches every message, sampled or not, and the mailboxes that it is shown.
//!
//! An [`Observer`] is installed once per process. It is for metrics and for lists of open work: `traced-actor-metrics`
//! is one. Without one, a message pays a load and a test where it is sent, received and handled.

mod handling;
mod mailbox;
mod observer;

pub(crate) use handling::{Handling, claimed, current, end, note_claimed, put_aside, start};
pub use mailbox::Mailbox;
pub use observer::{
    ActorChange, AlreadyObserved, AskEnd, HandlingId, MessageType, Observer, Received, Sent, Unsent, observe,
};
pub(crate) use observer::{call, is_observed, observer};
