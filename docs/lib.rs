//! The guide, chapter by chapter, and the README, so that rustdoc compiles and runs their code blocks: `cargo test -p traced-actor-guide`.
//!
//! Read it in `src/`, or build the book with `mdbook build docs`.

macro_rules! chapters {
    ($($name:ident $file:literal;)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("src/", $file))]
            mod $name {}
        )*
    };
}

chapters! {
    ten_minutes "ten-minutes.md";
    shapes "shapes.md";
    sampling "sampling.md";
    between_processes "between-processes.md";
    edges "edges.md";
    brokers "brokers.md";
    testing "testing.md";
    production "production.md";
    operations "operations.md";
    scale "scale.md";
    viewer "viewer.md";
    how_it_works "how-it-works.md";
    coming_from "coming-from.md";
    frameworks "frameworks.md";
    broken_traces "broken-traces.md";
    questions "questions.md";
}

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
