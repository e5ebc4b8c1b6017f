//! Contexts at the edges: each rule of each format as a row of data, and what becomes of what arrives.

mod b3;
mod baggage;
mod browser;
mod composite;
mod connection;
mod edge;
mod edge_baggage;
mod jaeger;
mod properties;
mod sockets;
mod support;
mod traceparent;
mod tracestate;
mod vectors;
mod xray;
