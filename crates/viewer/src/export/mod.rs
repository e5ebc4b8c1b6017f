//! Exports a trace in formats that other programs open.

mod chrome;
mod otlp;

pub(crate) use chrome::chrome;
pub(crate) use otlp::otlp;
