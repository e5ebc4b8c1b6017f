//! An empty library. The package only has a benchmark.
