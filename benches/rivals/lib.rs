//! Nothing: what is here is a benchmark.
