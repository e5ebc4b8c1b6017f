//! Channels that carry the trace context of [traced-actor](https://docs.rs/traced-actor).
//!
//! The channels are those of flume, async-channel, crossbeam, futures and std, and tokio's broadcast.
//!
//! To use one, change the import. Each channel has its own path behind the name of this crate:
//!
//! | feature | before | after |
//! |---|---|---|
//! | `flume` | `use flume;` | `use traced_actor_channels::flume;` |
//! | `async-channel` | `use async_channel;` | `use traced_actor_channels::async_channel;` |
//! | `crossbeam` | `use crossbeam_channel;` | `use traced_actor_channels::crossbeam_channel;` |
//! | `futures` | `use futures::channel::mpsc;` | `use traced_actor_channels::futures::channel::mpsc;` |
//! | `std` | `use std::sync::mpsc;` | `use traced_actor_channels::std::sync::mpsc;` |
//! | `broadcast` | `use tokio::sync::broadcast;` | `use traced_actor_channels::tokio::sync::broadcast;` |
//! | `sink` | `use tokio_util::sync::PollSender;` | `use traced_actor_channels::tokio_util::sync::PollSender;` |
//!
//! tokio's `mpsc` is in [`traced_actor::sync`]. There is no `watch`, because it holds a state and no messages (see the
//! module `tokio::sync`). To wrap a channel of your own, use [`traced_actor::sync::wrap`], as all channels of this
//! crate do.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(feature = "flume", doc = "```")]
#![cfg_attr(not(feature = "flume"), doc = "```ignore")]
//! use traced_actor::traced_actor;
//! use traced_actor_channels::flume; // was: use flume;
//!
//! #[traced_actor]
//! enum Job {
//!     Resize { width: u32 },
//! }
//!
//! struct Worker {
//!     jobs: flume::Receiver<Job>,
//! }
//!
//! #[traced_actor]
//! impl Worker {
//!     fn run(mut self) {
//!         while let Ok(job) = self.jobs.recv() {
//!             self.handle(job);
//!         }
//!     }
//!
//!     fn handle(&mut self, job: Job) {
//!         let Job::Resize { width } = job;
//!         assert_eq!(width, 100);
//!     }
//! }
//!
//! let (sender, jobs) = flume::bounded(8);
//! let worker = std::thread::spawn(|| Worker { jobs }.run());
//! sender.send(Job::Resize { width: 100 })?;
//! drop(sender);
//! worker.join().unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is the same for all
//!
//! * Types, methods, errors and cancel safety are the original's. What is not there is said in each module.
//! * `…_of` makes a channel of a type without `#[traced_actor]`; its messages have the type's name as their kind.
//! * `…_envelope` receives the [`Envelope`](traced_actor::Envelope) instead of opening a span, and forwards one with the context
//!   that it has.
//! * Sends capture the context when they are called. A send that fails is `error.type` on the sender's span, `mailbox_full` or
//!   `not_running`, and counted in [`Counters::failures`](traced_actor::Counters::failures). What waits and failures are in a
//!   fan-out [`SendAttempt`](traced_actor::sync::wrap::SendAttempt) says.
//! * A queued message has eight bytes more, or what its alignment makes of that (see
//!   [`Envelope`](traced_actor::Envelope#size)).
#![forbid(unused_must_use)]

#[cfg(feature = "async-channel")]
pub mod async_channel;
#[cfg(feature = "crossbeam")]
pub mod crossbeam_channel;
#[cfg(feature = "flume")]
pub mod flume;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(any(
    feature = "flume",
    feature = "async-channel",
    feature = "futures",
    feature = "crossbeam",
    feature = "std",
    feature = "broadcast",
    feature = "sink"
))]
mod reason;
#[cfg(feature = "std")]
pub mod std;
#[cfg(feature = "broadcast")]
pub mod tokio;
#[cfg(feature = "sink")]
pub mod tokio_util;

/// Tests the examples of the README.
#[cfg(all(doctest, feature = "flume", feature = "crossbeam"))]
#[doc = include_str!("../README.md")]
struct Readme;
