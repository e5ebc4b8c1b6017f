//! An empty library. The package only has benchmarks.
