//! W3C Trace Context as text: one `traceparent`, one list of a `tracestate`.
//!
//! What the wire and every edge have in common. Headers, and all other formats, are in the crate
//! `traced-actor-propagation`.

mod hex;
mod parse_error;
pub mod traceparent;
pub mod tracestate;

pub use parse_error::ParseError;
