//! Sampling schemes for traced actors that go further than those of `traced_actor::sampling`.
//!
//! | module | what |
//! |---|---|
//! | [`tail`] | decides about a trace when its part in this process is over: what failed or was slow is kept |
//!
//! With the feature `opentelemetry`, `tail::TailProcessor` is a tail for every span of a tracer provider.

#[cfg(feature = "opentelemetry")]
mod metrics;
pub mod tail;

#[cfg(feature = "opentelemetry")]
pub use metrics::{observe_governor, observe_tail};

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
