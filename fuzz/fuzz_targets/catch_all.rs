//! An enum with an untagged variant, in every mode.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_wire::codec::{Cbor, Json};
use traced_actor_wire::{Prefixed, Sidecar};
use traced_actor_fuzz::{Event, check_or_refused};

fuzz_target!(|bytes: &[u8]| {
    check_or_refused::<Event, _>(&Json, bytes);
    check_or_refused::<Event, _>(&Cbor, bytes);
    check_or_refused::<Event, _>(&Sidecar::new(Json), bytes);
    check_or_refused::<Event, _>(&Prefixed::new(Json), bytes);
});
