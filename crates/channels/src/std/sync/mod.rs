//! The channel of [`std::sync`](::std::sync).

pub mod mpsc;
