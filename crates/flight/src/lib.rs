//! A flight recorder: records every message in memory, and exports the traces that went wrong.
//!
//! A head sampler decides about a trace before anything has happened, so it almost never keeps a rare error. A flight
//! recorder decides afterwards. Every message is recorded where it is handled, in a ring of its thread. When something
//! goes wrong, the whole trace is taken out of the rings. No collector is needed, and nothing else leaves the process.
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
//! * Traces that the sampler keeps. They have the same `sampling.reason` and `sampling.probability` as without a flight
//!   recorder.
//! * Traces for which a [`Trigger`] has fired: an error, a panic, a slow message, a call of [`keep`]. Their spans have
//!   the `sampling.reason` `triggered` and no probability. They were not selected by chance, so they have no weight,
//!   and estimates of totals stay correct. The attribute `sampling.trigger` names the trigger. Each kind of trigger has
//!   its own limit.
//!
//! All exported spans have the sampled flag, which OpenTelemetry's processors require. While the messages were handled,
//! their contexts had the flag only if the sampler kept the trace.
//!
//! A trigger keeps the part of the trace that is still in the rings, and spans that end later. [`Flight::horizon`]
//! returns how far the rings reach back.
//!
//! # Exporters
//!
//! * [`FlightBuilder::keep`]: plain data for a function, a console, or the tail sampler of `traced-actor-sampling`
//!   (`tail.finished(span)`).
//! * [`FlightBuilder::file`]: a file with lines of OTLP JSON.
//! * [`FlightBuilder::otlp`]: OTLP bytes, at a small part of the cost of the SDK's spans. `OtlpSender` sends them over
//!   HTTP (feature `otlp-http`).
//! * `FlightBuilder::processor`: a span processor of the OpenTelemetry SDK (feature `opentelemetry`).
//!   `Flight::install_connected` also makes the span of a message OpenTelemetry's current span in its handler.
//!
//! # What is recorded
//!
//! Everything that a span has: names, times, the wait in the mailbox, fields, attributes, events, links and the
//! outcome. Texts are truncated to 64 bytes. Writing a record takes no lock, except when a thread uses a name for the
//! first time.
//!
//! What a handler sends is recorded after [`Flight::observe_sends`], in the form of counts for a file.
//!
//! A message that the sampler drops has its own trace in this process. Its context is passed on within the process, and
//! is marked as unsampled for others. In [`counters`](traced_actor::counters) it counts as dropped.
//!
//! # Limits
//!
//! All rings together take at most [`FlightBuilder::memory`]. There are limits for the number of wanted traces, of
//! wanted spans that are open, and of attributes, events and links of a span. [`FlightCounters`] counts everything that
//! was overwritten, refused, truncated or limited.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// The atomic types of the rings. A test under loom replaces them.
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
#[cfg(feature = "tower")]
mod http_layer;
mod image;
mod lanes;
mod memory;
mod otlp;
mod peers;
mod recorder;
mod ring;
mod sends;
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

pub use file::{DumpReason, FileError, FileSends, FileSpan, FileThread, FlightFile};
pub use flight::{Flight, FlightBuilder, FlightCounters, Peer, Triggers, keep};
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use http_layer::{PromotionFuture, PromotionLayer, PromotionService};
pub use otlp::{OtlpBatch, OtlpResource};
#[cfg(feature = "otlp-http")]
#[cfg_attr(docsrs, doc(cfg(feature = "otlp-http")))]
pub use otlp::{OtlpCounts, OtlpHttp, OtlpSender};
pub use peers::{InvalidPromotion, Promotion};
pub use trigger::{Trigger, TriggerOptions};

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
