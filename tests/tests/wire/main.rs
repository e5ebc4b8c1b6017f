//! Envelopes on the wire.

mod attributes;
mod borrowing;
mod bytes;
mod carrier;
mod corrupt;
mod errors;
mod matrix;
mod peek;
mod retired;
mod support;
