//! The output of a flight recorder: bytes, spans of the SDK, requests to a collector.

mod across;
mod bytes;
mod crash;
mod current;
mod http;
mod warnings;
