//! The parts of the crate [futures](https://docs.rs/futures) that carry messages.

pub mod channel;
