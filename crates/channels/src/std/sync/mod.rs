//! The channel of [`std::sync`].

pub mod mpsc;
