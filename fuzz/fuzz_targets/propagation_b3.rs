//! B3's single header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_propagation::{Format, b3};
use traced_actor_fuzz::propagation::round_trip;

fuzz_target!(|bytes: &[u8]| round_trip(b3::parse(bytes), Format::B3));
