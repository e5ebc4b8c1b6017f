//! The convergence of the samplers, in simulated time: load, probability and kept spans, minute by minute. It does not
//! sleep, and every run is the same.
//!
//! ```text
//! cargo run --example sampling                  # tables, and a plot of each in target/plots
//! cargo run --example sampling -- some/folder   # plots in some/folder
//! ```

mod course;
mod governor;
mod plot;
mod schemes;
mod tail;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let courses = [
        schemes::surge(),
        schemes::settle(),
        schemes::rare(),
        schemes::keyed(),
        schemes::limit(),
        tail::incident(),
        governor::surge(),
    ];
    for course in &courses {
        course.print();
    }
    schemes::totals();

    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("target/plots"), PathBuf::from);
    match plot::write(&folder, &courses) {
        Ok(()) => {
            println!("Plots are in {}.", folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("sampling: no plots in {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
