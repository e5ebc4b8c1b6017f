//! What Jaeger's server answers, as plain data ([`sampling.proto`][idl]).
//!
//! [idl]: https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/sampling.proto

/// What is sampled.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// This share of all traces.
    Probabilistic(f64),
    /// At most so many traces a second.
    RateLimiting(f64),
    /// A share of each operation's.
    Operations(Operations),
}

/// A share for each operation.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Operations {
    /// The share of an operation that is not listed.
    pub default_probability: f64,
    /// Traces a second that each operation keeps in any case.
    pub lower_bound: f64,
    /// Operations by their names (`Guild/Post`), each with its share.
    pub operations: Vec<(String, f64)>,
}

impl Operations {
    /// Returns these shares, and these for what is not listed.
    pub const fn new(default_probability: f64, lower_bound: f64, operations: Vec<(String, f64)>) -> Self {
        Self { default_probability, lower_bound, operations }
    }
}
