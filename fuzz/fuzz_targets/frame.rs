#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_wire::{Prefixed, codec::Msgpack};
use traced_actor_fuzz::{Message, check};

fuzz_target!(|bytes: &[u8]| check::<Message, _>(&Prefixed::new(Msgpack), bytes));
