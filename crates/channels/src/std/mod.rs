//! The parts of [`std`](::std) that carry messages.

pub mod sync;
