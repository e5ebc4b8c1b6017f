#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_wire::{Sidecar, codec::Json};
use traced_actor_fuzz::{Reading, check};

fuzz_target!(|bytes: &[u8]| check::<Reading, _>(&Sidecar::new(Json), bytes));
