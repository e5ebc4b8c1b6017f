//! `X-Amzn-Trace-Id`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_propagation::{Format, xray};
use traced_actor_fuzz::propagation::round_trip;

fuzz_target!(|bytes: &[u8]| round_trip(xray::parse(bytes), Format::XRay));
