//! Fuzzes how far an envelope is trusted at each kind of entrance.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_fuzz::check_trust;

fuzz_target!(|bytes: &[u8]| check_trust(bytes));
