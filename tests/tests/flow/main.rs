//! Every span is right: what a flow is doing, whatever its loops and handlers look like.
//!
//! `shapes` has a table of loops and handlers as people write them, and `cases` has former faults. `tests/models/flow` compares
//! random programs with a model of the rules.

#![allow(deprecated, reason = "plain spawns, which lose the trace, are part of what is tested")]

#[macro_use]
mod shapes;

mod cases;
#[allow(dead_code, reason = "`tests/models/flow` needs the rest of it")]
mod channels;
#[allow(dead_code, reason = "`tests/models/flow` needs the rest of it")]
mod support;
mod tree;
