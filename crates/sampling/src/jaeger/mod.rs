//! Jaeger's remote sampling: a server sets the sampling strategies, and every client polls it.
//!
//! [`JaegerRemote`] is the sampler, and [`Strategy`] is an answer of the server. `JaegerRemote::poll`, with the
//! feature `jaeger-remote`, polls a server. Without the feature, a program can apply strategies from another source.

mod env;
#[cfg(feature = "jaeger-remote")]
mod json;
#[cfg(feature = "jaeger-remote")]
mod poll;
mod sampler;
mod state;
mod strategy;

pub use env::register;
#[cfg(feature = "jaeger-remote")]
pub use json::StrategyError;
#[cfg(feature = "jaeger-remote")]
pub use poll::{PollOptions, PollStatus, Poller};
pub use sampler::JaegerRemote;
pub use strategy::{Operations, Strategy};
