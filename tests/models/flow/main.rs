//! Every span of a random program is right. `model` has the rules, `world` runs a program beside them, and `random` tries many.

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
