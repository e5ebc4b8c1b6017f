//! The parts of [`std`] that carry messages.

pub mod sync;
