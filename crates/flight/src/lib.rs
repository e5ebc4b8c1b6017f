//! A flight recorder: every message is recorded in memory, and what went wrong is exported.
//!
//! A head sampler decides about a trace before anything has happened, so a rare error is almost never in what it keeps. A flight recorder
//! decides afterwards. Every message is recorded where it is handled, into a ring of its thread. When something goes wrong, the whole
//! trace is taken out of the rings. No collector is needed, and nothing leaves the process that nobody wants.
//!
//! ```no_run
//! use traced_actor::sampling::{self, ParentBased, Ratio};
//! use traced_actor_flight::Flight;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! sampling::set_sampler(ParentBased::new(Ratio::new(0.001)))?; // what is kept by chance
//! let flight = Flight::builder().keep(|span| println!("{}", span.name)).start()?;
//! flight.install()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is kept
//!
//! * What the sampler keeps, as without a flight recorder, with the same `sampling.reason` and `sampling.probability`.
//! * The traces for which a [`Trigger`] has fired: an error, a panic, a slow message, a call of [`keep`]. Their spans have the
//!   `sampling.reason` `triggered` and no probability: chance has not chosen them, so they carry no weight, and estimates of totals stay
//!   right. The attribute `sampling.trigger` says which trigger it was. Each kind of trigger has a limit of its own.
//!
//! All exported spans have the sampled flag, which OpenTelemetry's processors ask for. The contexts that travelled while the messages were
//! handled had it only where the sampler keeps the trace.
//!
//! A trigger keeps the part of the trace that is still in the rings, and the spans that end later. [`Flight::horizon`] tells how far the
//! rings reach back.
//!
//! # Where it goes
//!
//! * [`FlightBuilder::keep`]: plain data, for a function, a console, or a tail of `traced-actor-sampling` (`tail.finished(span)`).
//! * [`FlightBuilder::otlp`]: OTLP's bytes, which cost a small part of what spans of the SDK do. `OtlpSender` sends them over HTTP (feature
//!   `otlp-http`).
//! * `FlightBuilder::processor`: a span processor of the OpenTelemetry SDK (feature `opentelemetry`). `Flight::install_connected` makes
//!   the span of a message OpenTelemetry's current one in its handler.
//!
//! # What is recorded
//!
//! Everything that a span has: names, times, the wait in the mailbox, fields, attributes, events, links, the outcome. Texts are cut at
//! 64 bytes. A record is written without a lock; a thread takes one where it meets a name for the first time.
//!
//! A message that the sampler drops has a trace of its own in this process. Its context travels within the process, and is marked as
//! unsampled for others. In [`counters`](traced_actor::counters) it counts as dropped.
//!
//! # Bounds
//!
//! All rings together take at most [`FlightBuilder::memory`]. The number of wanted traces, of spans that are open and wanted, and of
//! attributes, events and links of a span have limits. What was overwritten, refused, cut or limited is counted in [`FlightCounters`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// What the rings are made of. A test under loom has its own.
mod atomic {
    pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};
}

mod attributes;
mod clock;
mod collector;
mod dump;
mod dumps;
mod file;
mod finished;
mod flight;
mod image;
mod lanes;
mod memory;
mod otlp;
mod peers;
mod recorder;
mod ring;
mod span;
#[cfg(feature = "opentelemetry")]
mod span_data;
mod table;
mod taken;
#[cfg(test)]
mod tests;
mod text;
mod trigger;
mod wall;
mod wanted;
mod words;

pub use file::{Cause, FileError, FileSpan, FileThread, FlightFile};
pub use flight::{Flight, FlightBuilder, FlightCounters, Peer, Triggers, keep};
pub use otlp::{OtlpBatch, OtlpResource};
#[cfg(feature = "otlp-http")]
#[cfg_attr(docsrs, doc(cfg(feature = "otlp-http")))]
pub use otlp::{OtlpCounts, OtlpHttp, OtlpSender};
pub use peers::{InvalidPromotion, Promotion};
pub use trigger::{Trigger, TriggerOptions};

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
