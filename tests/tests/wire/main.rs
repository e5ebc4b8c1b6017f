//! Envelopes on the wire.

mod attributes;
mod borrowing;
mod bytes;
mod carrier;
mod compat;
mod conversions;
mod corrupt;
mod errors;
mod evolved;
mod first_bytes;
mod matrix;
mod peek;
mod pinned;
mod probe;
mod protobuf;
mod retired;
mod round_trip;
mod sidecar;
mod support;
mod trust;
