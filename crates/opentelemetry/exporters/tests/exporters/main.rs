//! The environment variables of OpenTelemetry that need a heavy tree: certificates, JSON and the console.
//!
//! The other rows of the guide's table are in `tests/tests/processes/otlp/env.rs`.

mod certificates;
mod child;
mod collector;
mod console;
mod json;
mod tls;
