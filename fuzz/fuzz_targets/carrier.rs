#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_fuzz::check_carrier;

fuzz_target!(|bytes: &[u8]| check_carrier(bytes));
