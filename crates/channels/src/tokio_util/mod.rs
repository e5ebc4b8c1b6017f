//! The part of [tokio-util](https://docs.rs/tokio-util) that sends messages.

pub mod sync;
