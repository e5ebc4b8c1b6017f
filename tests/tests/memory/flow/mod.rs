//! A flow's memory does not grow with the work that it has done. An allocator counts.
//!
//! Each test has its own counters, and the threads that work for it join them, so the tests run side by side.

#![allow(dead_code, reason = "a message is sent for its span; what is in it nobody reads")]
#![allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]
#![allow(clippy::unused_self, reason = "an actor may have no state")]
#![allow(clippy::needless_pass_by_value, reason = "a handler takes its message by value")]

mod batches;
mod busy;
mod channels;
pub(crate) mod counting;
mod handover;
mod respawn;
mod rounds;
mod soak;
mod wide;
