//! Mirrors [`tokio::sync`], with an [`mpsc`] that carries the trace context beside each message.
//!
//! Everything else is re-exported from tokio. To use it, change the import:
//!
//! ```
//! use traced_actor::sync::{mpsc, oneshot}; // was: use tokio::sync::{mpsc, oneshot};
//! ```
//!
//! In a file that names channels by full paths, or in nested imports, `use traced_actor::tokio;` is enough: see
//! [`mod@crate::tokio`].
//!
//! # What happens at a receive
//!
//! `recv` returns the plain message. If the message is sampled, its span opens. Then:
//!
//! * A handler that is called with the message claims the span at the call. From then on the span belongs to the
//!   handler, wherever its future goes: awaited, kept in a `FuturesUnordered`, spawned, or raced in a `select!`. The
//!   span ends when the future completes or is dropped. Messages that are sent until then continue the span.
//! * If no handler claims the span, it ends when the next message is requested: at the first poll of the next
//!   receive, or when that receive is dropped without a poll. It also ends when the receiver is dropped, and when the
//!   function with the loop returns. If that function returns an error, the span records it. Messages that the loop
//!   sends until then continue the span.
//!
//! * Workers that share a receiver behind a lock, each in a loop that the macro sees, do not end one another's messages:
//!   each message is its worker's until that worker asks for the next one. At most 256 workers of one receiver work without
//!   a handler at a time. If there are more, the oldest message ends.
//!
//! To connect what the loop sends with what it receives, the loop must run in a [flow](crate::Traced). The macro
//! creates a flow for each function with a receive loop. [`traced()`](crate::TracedExt::traced) creates one for any
//! other future. A thread that uses `blocking_recv` needs none. A tokio task that receives outside of a flow is
//! identified by its task id, at a higher cost.
//!
//! # Stashed messages
//!
//! A handler that is called with a plain message claims the message of the same type and kind that its flow received
//! last. So a message that is stashed, and handled after another one was received, gets the wrong span. To keep the
//! context with the message, use [`Envelope::hold`] or receive with `recv_envelope`, and call the handler with the
//! envelope:
//!
//! ```
//! # use std::collections::VecDeque;
//! # use traced_actor::{Envelope, traced_actor, sync::mpsc};
//! # #[traced_actor]
//! # enum Job { Print(u8) }
//! # struct Printer { jobs: mpsc::Receiver<Job>, later: VecDeque<Envelope<Job>>, busy: bool }
//! #[traced_actor]
//! impl Printer {
//!     async fn run(mut self) {
//!         while let Some(job) = self.jobs.recv().await {
//!             if self.busy {
//!                 self.later.push_back(Envelope::hold(job));      // not: push_back(job)
//!             } else {
//!                 self.handle(job).await;
//!             }
//!             while let Some(job) = self.later.pop_front() {
//!                 self.handle(job).await;                         // in its own trace
//!             }
//!         }
//!     }
//!
//!     async fn handle(&mut self, job: Job) {
//!         let Job::Print(_) = job;
//!     }
//! }
//! ```
//!
//! * If a plain message could be either of two open messages, its span is a root with links to both. This is counted
//!   in [`Counters::ambiguous`](crate::Counters::ambiguous).
//! * A handler that is called in a task of `tokio::spawn` starts its own trace. In a task of
//!   [`task::spawn`](crate::task::spawn) it claims the message. If that task waits before it calls the handler, and
//!   the loop requests the next message in the meantime, the message has two spans, and the second is a child of the
//!   first. `task::spawn(actor.handle(message))` claims at once.
//! * In a batch (`recv_many`), handlers claim nothing. Their spans are children of the batch's span.
//!
//! [`Envelope::hold`]: crate::Envelope::hold
//!
//! # What happens at a send
//!
//! The context is captured when `send` is called or a permit is used, and not when the future is polled. So
//! `sender.send(message).instrument(span)` is too late: write `async { sender.send(message).await }` and instrument
//! that. The waiting time that a span records starts at the same moment. It includes the wait for room.
//!
//! A fan-out's span records sends that wait for room or fail in the same way for every channel: see
//! [`wrap::SendAttempt`].
//!
//! # Other channels
//!
//! The crate `traced-actor-channels` has the channels of flume, async-channel, crossbeam, futures and std, tokio's
//! `broadcast`, and a `PollSender` for [`mpsc`]. Wrapping any other channel takes about thirty lines: see [`wrap`].

mod messages;
pub mod mpsc;
mod scope;
pub mod stream;
pub mod wrap;

pub use tokio::sync::*;

pub(crate) use scope::EnteredScope;
pub use scope::{Traced, TracedExt, instance};
