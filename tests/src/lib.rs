//! Checks at the level where users meet the crate; see the folders beside this one.

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
