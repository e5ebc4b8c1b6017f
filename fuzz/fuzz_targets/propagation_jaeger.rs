//! `uber-trace-id`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_propagation::{Format, jaeger};
use traced_actor_fuzz::propagation::round_trip;

fuzz_target!(|bytes: &[u8]| round_trip(jaeger::parse(bytes), Format::Jaeger));
