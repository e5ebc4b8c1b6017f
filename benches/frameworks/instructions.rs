//! Instructions of a message through each framework, without and with our adapter:
//! `cargo bench -p traced-actor-bench-frameworks --bench framework_instructions [-- --update]`.
//!
//! The actors are those that the benchmark of this package times; nothing is sampled. A row is a whole message: sent, taken out of
//! the mailbox by tokio's or actix's runtime, handled.
#![allow(dead_code, reason = "what the benchmark compares and prints is not needed")]

#[path = "../budgets/programs/actix.rs"]
mod actix;
mod kameo;
#[path = "../budgets/programs/provider.rs"]
mod provider;
mod ractor;
#[path = "../budgets/programs/subscriber.rs"]
mod subscriber;
#[path = "../budgets/programs/work.rs"]
mod work;
mod world;

use std::path::Path;
use std::process::ExitCode;

use traced_actor_benches::Contestant;
use traced_actor_instructions::{Row, TIMES, measure};
use work::{Parent, Text, arrived, text};

fn main() -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.txt");
    traced_actor_instructions::main(provider::install, ROWS, &file)
}

const ROWS: &[Row] = &[
    Row { name: "ractor", run: || counted(ractor::plain::contestant()) },
    Row { name: "ractor, unsampled", run: || counted(ractor::traced::contestant(Parent::Unsampled)) },
    Row { name: "kameo", run: || counted(kameo::plain::contestant()) },
    Row { name: "kameo, unsampled", run: || counted(kameo::traced::contestant(Parent::Unsampled)) },
    Row { name: "actix", run: || counted(actix::bare::contestant(Parent::Unsampled)) },
    Row { name: "actix, unsampled", run: || counted(actix::traced::contestant(Parent::Unsampled)) },
];

/// Counts a contestant's work. The first run is not counted, because it fills caches.
fn counted(contestant: Contestant) {
    let Contestant::Timed { mut run, .. } = contestant else { return };
    run(u64::from(TIMES));
    measure(&mut || run(u64::from(TIMES)));
}
