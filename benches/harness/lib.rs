//! The shared parts of the benchmarks: contestants that run interleaved, in several processes, and rows that compare
//! them.
//!
//! A [`Set`] is a few *contestants* that do the same work by different means, and the [`Row`]s that compare them.
//! One process prepares one set and runs its contestants in turn, round by round, so that what disturbs the machine
//! disturbs all of them. Where the allocator places a channel moves its cost by up to 8 ns from process to process,
//! more than most rows are about: so a set runs in many processes, each with its heap laid out differently, and a
//! row is the median over processes of the median over rounds of the *paired* difference or ratio.
//!
//! Time is the CPU time of the thread that does the work: other programs on the machine do not count.
#![allow(missing_debug_implementations, reason = "nobody prints them")]

pub mod allocations;
mod args;
mod clock;
mod contestant;
mod figures;
mod machine;
mod parent;
mod process;
mod report;
mod row;
mod stats;

pub use args::Args;
pub use clock::{process_time, thread_time};
pub use contestant::{Contestant, Prepare, Set, counted, timed};
pub use machine::{machine, processor};
pub use process::main;
pub use report::{target_directory, write_result};
pub use row::{Measure, Row};
pub use stats::median;
