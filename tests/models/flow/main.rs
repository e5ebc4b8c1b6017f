//! Checks every span of random programs. `model` has the rules, `world` runs a program and compares, and `random` generates
//! many programs.

#[path = "../../tests/flow/channels.rs"]
#[allow(dead_code, reason = "`tests/tests/flow` needs the rest of it")]
mod channels;
#[path = "../../tests/flow/support.rs"]
#[allow(dead_code, reason = "`tests/tests/flow` needs the rest of it")]
mod support;

mod model;
mod program;
mod random;
mod world;
