//! Every span is right: what a flow is doing, whatever its loops and handlers look like.
//!
//! `model` says the rules, `random` tries random programs against it, `shapes` has a table of loops and handlers as people
//! write them, and `cases` what once went wrong.

#![allow(deprecated, reason = "plain spawns, which lose the trace, are part of what is tested")]

#[macro_use]
mod shapes;

mod cases;
mod channels;
mod model;
mod program;
mod random;
mod support;
mod tree;
mod world;
