//! Checks at the level where users meet the crate; see the folders beside this one.
