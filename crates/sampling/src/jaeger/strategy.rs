//! The answers of a Jaeger server, as plain data ([`sampling.proto`][idl]).
//!
//! [idl]: https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/sampling.proto

/// A sampling strategy, as returned by a Jaeger server.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// Keeps this share of all traces.
    Probabilistic(f64),
    /// Keeps at most this many traces per second.
    RateLimiting(f64),
    /// Keeps a share of each operation.
    Operations(Operations),
}

/// The share of each operation.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Operations {
    /// The share of operations that are not listed.
    pub default_probability: f64,
    /// The minimum number of traces per second that each operation keeps.
    pub lower_bound: f64,
    /// The operations by name (`Guild/Post`), each with its share.
    pub operations: Vec<(String, f64)>,
}

impl Operations {
    /// Creates the strategy from the shares of the listed operations and the defaults for all others.
    pub const fn new(default_probability: f64, lower_bound: f64, operations: Vec<(String, f64)>) -> Self {
        Self { default_probability, lower_bound, operations }
    }
}
