//! The table of retired shapes: by number and by name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_wire::codec::{Json, Postcard};
use traced_actor_fuzz::{Evolved, check};

fuzz_target!(|bytes: &[u8]| {
    check::<Evolved, _>(&Postcard, bytes);
    check::<Evolved, _>(&Json, bytes);
});
