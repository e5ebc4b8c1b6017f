//! Channels of other crates that carry [traced-actor](https://docs.rs/traced-actor)'s trace context inside.
#![forbid(unused_must_use)]

#[cfg(feature = "async-channel")]
pub mod async_channel;
#[cfg(feature = "flume")]
pub mod flume;
