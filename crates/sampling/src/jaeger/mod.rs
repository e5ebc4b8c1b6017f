//! Jaeger's remote sampling: a server says what is sampled, and every client asks it from time to time.
//!
//! [`JaegerRemote`] is the sampler, [`Strategy`] what it does. With the feature `jaeger-remote` [`JaegerRemote::poll`]
//! asks a server; without it a program may bring the answers itself.

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
