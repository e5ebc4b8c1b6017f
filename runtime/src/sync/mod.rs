//! A mirror of [`tokio::sync`] in which [`mpsc`] carries the trace context beside each message.
//!
//! Everything else is tokio's own, re-exported. Adoption is the import:
//!
//! ```
//! # #[cfg(any())] // the line that is replaced
//! use tokio::sync::{mpsc, oneshot};
//! # #[cfg(not(any()))]
//! use traced_actor::sync::{mpsc, oneshot};
//! ```
//!
//! # What happens at a receive
//!
//! `recv` yields the plain message. If it is sampled, its span opens; it closes when its handler returns or,
//! where no handler is known, when the loop asks for the next message: when `recv()` is *called*, since in a
//! `select!` another arm may win before it is polled. What is sent meanwhile continues the span.
//!
//! For the last part the loop must run in a [receive scope](crate::Traced): the macro makes one of each
//! function with a receive loop, [`traced()`](crate::TracedExt::traced) of any other future, and a thread that
//! uses `blocking_recv` needs none.
//!
//! # What happens at a send
//!
//! The context is that of the moment when the message is given: when `send` is called or a permit is used. So
//! `sender.send(message).instrument(span)` comes too late; write `async { sender.send(message).await }` and
//! instrument that. The wait that a span records starts there, too, and includes the wait for room.

pub mod mpsc;
mod received;
mod scope;
#[cfg(any(feature = "async-channel", feature = "flume"))]
mod shared;
pub mod stream;

#[cfg(feature = "async-channel")]
pub mod async_channel;
#[cfg(feature = "flume")]
pub mod flume;

pub use tokio::sync::*;

pub(crate) use received::Received;
pub(crate) use scope::{EnteredScope, interruption};
pub use scope::{Traced, TracedExt, instance};
