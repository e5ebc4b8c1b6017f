//! Multi-producer, single-consumer channels that carry the trace context beside each message.
//!
//! The types, methods, errors and cancel safety are those of [`tokio::sync::mpsc`]. For a message type of another crate,
//! use [`channel_named_by_type`] or [`unbounded_channel_named_by_type`]. The kind of its messages is the type's name. Types
//! of std, such as `String` or a tuple with a message, need neither: see [`Message`](crate::Message).
//!
//! Two groups of methods are added. [`Receiver::recv_envelope`] and its variants return the
//! [`Envelope`](crate::Envelope) and open no span. [`Sender::send_envelope`] and its variants forward an envelope
//! with the context that it has.
//!
//! # Libraries that name tokio's types
//!
//! For an API that is generic over the message, use [`Sender::into_tokio`], which loses nothing. For one that names
//! `tokio::sync::mpsc::Sender<M>`, use [`Sender::to_plain`], which documents what is lost. [`Sender::from_tokio`] and
//! [`Sender::from_plain`] convert in the other direction. The crate `traced-actor-channels` has a `PollSender`, which
//! is a `Sink`.
//!
//! # Cost
//!
//! Each queued message takes eight bytes more, or a different number if the message's alignment is not 8: see
//! [`Envelope`](crate::Envelope#size). An unsampled message allocates nothing.

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
