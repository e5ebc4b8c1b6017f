//! Reads and writes W3C Trace Context: `traceparent` and `tracestate`.
//!
//! This module handles single values. The crate `traced-actor-propagation` handles headers and all other formats.

mod hex;
mod parse_error;
pub mod traceparent;
pub mod tracestate;

pub use parse_error::ParseError;
