//! The shared parts of the checks. The checks themselves are in the folders beside this one.
#![allow(clippy::must_use_candidate, reason = "nothing here is for users")]

pub mod counting;
pub mod isolated;
pub mod nested;
