//! A map with numbers for keys, in a sidecar.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_wire::Sidecar;
use traced_actor_wire::codec::{Cbor, Json};
use traced_actor_fuzz::{Shelves, check_carried, check_or_refused};

fuzz_target!(|bytes: &[u8]| {
    check_or_refused::<Shelves, _>(&Sidecar::new(Json), bytes);
    check_or_refused::<Shelves, _>(&Sidecar::new(Cbor), bytes);
    check_carried::<Shelves, _>(&Json, bytes);
    check_carried::<Shelves, _>(&Cbor, bytes);
});
