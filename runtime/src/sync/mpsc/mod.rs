//! tokio's mpsc channels, with the trace context beside each message.
//!
//! The same types, methods, errors and cancel safety as [`tokio::sync::mpsc`]. A channel of a type without
//! `#[traced_actor]`, because another crate owns it, is made by [`channel_named_by_type`] or [`unbounded_channel_named_by_type`];
//! its messages have the type's name as their kind.
//!
//! Added: [`Receiver::recv_envelope`] and its siblings yield the [`Envelope`](crate::Envelope) instead of opening
//! the span, and [`Sender::send_envelope`] and its siblings forward one with the context that it has.
//!
//! # Where another library names tokio's type
//!
//! An API that is generic over the message takes [`Sender::into_tokio`], and loses nothing. One that names
//! `tokio::sync::mpsc::Sender<M>` takes [`Sender::to_plain`], which says what is lost. [`Sender::from_tokio`] and
//! [`Sender::from_plain`] are the other way round. A `PollSender`, which is a `Sink`, is in the crate `traced-actor-channels`.
//!
//! # Cost
//!
//! Eight bytes a queued message, more where the message's alignment is not 8 (see [`Envelope`](crate::Envelope#size)); while
//! nothing is sampled no allocation, and no time to speak of: what a message costs in the receive scope and its handler, a
//! bounded `send` saves on the way into the queue.

mod bounded;
mod permit;
mod plain;
mod receiver;
mod rx;
mod unbounded;
mod weak;

use bounded::described as channel_described;
pub use bounded::{Sender, channel, channel_named_by_type};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use receiver::Receiver;
pub use tokio::sync::mpsc::error;
use unbounded::described as unbounded_described;
pub use unbounded::{UnboundedReceiver, UnboundedSender, unbounded_channel, unbounded_channel_named_by_type};
pub use weak::{WeakSender, WeakUnboundedSender};
