//! The parts of [tokio](https://docs.rs/tokio) that carry messages, beside `traced_actor::sync`.

pub mod sync;
