//! tokio's mpsc channels, with the trace context beside each message.
//!
//! The same types, methods, errors and cancel safety as [`tokio::sync::mpsc`]. A channel of a type without
//! `#[traced_actor]`, because another crate owns it, is made by [`channel_of`] or [`unbounded_channel_of`];
//! its messages have the type's name as their kind.
//!
//! Added: [`Receiver::recv_envelope`] and its siblings yield the [`Envelope`](crate::Envelope) instead of opening
//! the span, and [`Sender::send_envelope`] and its siblings forward one with the context that it has.
//!
//! # Cost
//!
//! Eight bytes a queued message; while nothing is sampled no allocation, and no time to speak of: what a message costs
//! in the receive scope and its handler, a bounded `send` saves on the way into the queue.

mod bounded;
mod inbox;
mod permit;
mod receiver;
mod unbounded;
mod weak;

pub use bounded::{Sender, channel, channel_of};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use receiver::Receiver;
pub use tokio::sync::mpsc::error;
pub use unbounded::{UnboundedReceiver, UnboundedSender, unbounded_channel, unbounded_channel_of};
pub use weak::{WeakSender, WeakUnboundedSender};
