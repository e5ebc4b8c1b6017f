//! The cost of tracing from ten thousand to ten million connections, from constants that this run measures. A run with
//! a million actors checks the model.
//!
//! ```text
//! cargo run --release --example scale             # all of it: about four gigabytes of memory, and two minutes
//! cargo run --release --example scale -- --quick  # with 20,000 actors
//! cargo run --release --example scale -- --write  # also writes the tables into docs/src/scale.md
//! ```

mod measure;
mod model;
mod page;
mod process;
mod storm;
mod world;

use std::process::ExitCode;

use measure::{Measured, Run};
use model::Constants;

fn main() -> ExitCode {
    let result = match std::env::var(process::CHILD) {
        Ok(run) => process::child(&run),
        Err(_) => parent(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parent() -> Result<(), String> {
    let asked = |option: &str| std::env::args().any(|arg| arg == option);
    let (few, many) = if asked("--quick") { (5_000, 20_000) } else { (100_000, 1_000_000) };
    // The constants come from fewer actors than the run that checks them.
    let [bare, unsampled, sampled] = least([Run::bare(few), Run::traced(few, 0.0), Run::traced(few, 0.05)])?;
    let constants = Constants { bare, unsampled, sampled };
    let checked = Run::traced(many, model::RATIO);
    let [bare, measured] = least([Run::bare(many), checked])?;
    let check = model::Check { actors: many, bare, predicted: constants.predict(&checked), measured };
    let tables = page::tables(&constants, &check);
    println!("{tables}");
    if asked("--write") {
        page::write(&tables)?;
    }
    Ok(())
}

/// Makes each run three times, in turn, and returns the one with the least CPU time: the others were disturbed.
fn least<const N: usize>(runs: [Run; N]) -> Result<[Measured; N], String> {
    let mut found = [None::<Measured>; N];
    for _ in 0..3 {
        for (run, least) in runs.iter().zip(&mut found) {
            let measured = process::run(run)?;
            if least.is_none_or(|least| measured.actor_cpu < least.actor_cpu) {
                *least = Some(measured);
            }
        }
    }
    Ok(found.map(Option::unwrap_or_default))
}
