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
//! `recv` yields the plain message. If it is sampled, its span opens. Then
//!
//! * a handler that is called with the message claims the span, when it is *called*: the span is the handler's from then on, wherever
//!   its future goes (awaited, kept in a `FuturesUnordered`, spawned, raced in a `select!`), and ends when the future is done or
//!   dropped. What is sent meanwhile continues the span;
//! * where nobody claims it, the span ends when the next message is asked for: at the first poll of the next receive, or when
//!   that is dropped without a poll. It ends, too, when the receiver is dropped, and when the function with the loop returns:
//!   with that function's error, if it has one. What the loop sends meanwhile continues the span.
//!
//! For the last part the loop must run in a [flow](crate::Traced): the macro makes one of each
//! function with a receive loop, [`traced()`](crate::TracedExt::traced) of any other future, and a thread that
//! uses `blocking_recv` needs none. A tokio task that receives without one is known by its id, at a higher cost.
//!
//! # What cannot be known
//!
//! A handler that is called with a plain message claims the message of the same type and kind that its flow received last. So a
//! message that was put aside, and is handled after another one was received, takes the wrong span. [`Envelope::hold`] keeps
//! its context with it (or receive with `recv_envelope`), and a handler takes the envelope:
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
//! * Where two messages are open that a plain one may be, its span is a root with links to both, and is counted
//!   ([`Counters::ambiguous`](crate::Counters::ambiguous)).
//! * A handler that is called in a task of `tokio::spawn` starts a trace of its own: [`task::spawn`](crate::task::spawn) lets it claim the
//!   message. If that task waits before it calls the handler, and the loop asks for the next message meanwhile, the
//!   message has two spans, the second one a child of the first. `task::spawn(actor.handle(message))` claims at once.
//! * In a batch (`recv_many`) handlers claim nothing: their spans are children of the batch's.
//!
//! [`Envelope::hold`]: crate::Envelope::hold
//!
//! # What happens at a send
//!
//! The context is that of the moment when the message is given: when `send` is called or a permit is used. So
//! `sender.send(message).instrument(span)` comes too late; write `async { sender.send(message).await }` and
//! instrument that. The wait that a span records starts there, too, and includes the wait for room.
//!
//! What a fan-out's span says of sends that wait for room or fail is the same for every channel: see [`wrap::Attempt`].
//!
//! # Other channels
//!
//! Those of flume, async-channel, crossbeam, futures and std, and tokio's `broadcast`, are in the crate `traced-actor-channels`, and
//! so is a `PollSender` of [`mpsc`]. Any other channel is wrapped in thirty lines: see [`wrap`].

pub mod mpsc;
mod scope;
pub mod stream;
pub mod wrap;

pub use tokio::sync::*;

pub(crate) use scope::EnteredScope;
pub use scope::{Traced, TracedExt, instance};
