//! Sampling schemes: unbiased (by statistics), convergent (in simulated time), and through to the spans.

mod fanout;
mod jaeger;
mod simulated;
mod statistics;
mod support;
mod tail;
