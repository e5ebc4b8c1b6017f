//! The channel of [futures-channel](https://docs.rs/futures-channel).

pub mod mpsc;
