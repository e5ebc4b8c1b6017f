//! How the sampling schemes converge, in simulated time: load, probability and kept spans, minute by minute.
//!
//! ```text
//! cargo run --example sampling                                   # tables
//! cargo run --example sampling --features plot -- target/plots   # and a plot of each, as SVG
//! ```
#[cfg(feature = "plot")]
mod plot;
mod schemes;
mod table;

use schemes::Course;

fn main() {
    let courses = [schemes::surge(), schemes::settle(), schemes::rare(), schemes::keyed(), schemes::limit()];
    for course in &courses {
        table::print(course);
    }
    schemes::totals();
    write_plots(&courses);
}

#[cfg(feature = "plot")]
fn write_plots(courses: &[Course]) {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/plots".into());
    let folder = std::path::Path::new(&folder);
    match plot::write(folder, courses) {
        Ok(()) => println!("Plots are in {}.", folder.display()),
        Err(error) => eprintln!("no plots in {}: {error}", folder.display()),
    }
}

#[cfg(not(feature = "plot"))]
fn write_plots(_: &[Course]) {
    println!("With `--features plot` these are plotted as SVG.");
}
