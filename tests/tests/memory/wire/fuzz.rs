//! The fuzz targets of the wire, with the same inputs at each run: where no fuzzer is at hand, they are run at all.

use traced_actor_tests::isolated::ran_in_child;
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::{Prefixed, Sidecar};

use super::{CAP, peak};
use targets::{
    Event, Evolved, Message, Reading, Shelves, check, check_carried, check_carrier, check_hello,
    check_or_refused, check_trust, seeds,
};

#[path = "../../../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, reason = "of another package; some of it is for other targets")]
mod targets;

const INPUTS: usize = 4000;

type Target = fn(&[u8]);

/// Each target's body, in the order of the seeds.
const TARGETS: [Target; 16] = [
    |bytes| check::<Message, _>(&Json, bytes),
    |bytes| check::<Message, _>(&Postcard, bytes),
    |bytes| check::<Message, _>(&Bincode::new(), bytes),
    |bytes| check::<Message, _>(&Bincode1, bytes),
    |bytes| check::<Message, _>(&Msgpack, bytes),
    |bytes| check::<Message, _>(&MsgpackNamed, bytes),
    |bytes| check::<Message, _>(&Cbor, bytes),
    |bytes| check::<Reading, _>(&Sidecar::new(Json), bytes),
    |bytes| check::<Message, _>(&Prefixed::new(Msgpack), bytes),
    |bytes| {
        check::<Evolved, _>(&Postcard, bytes);
        check::<Evolved, _>(&Json, bytes);
    },
    check_hello,
    check_carrier,
    check_trust,
    |bytes| check::<Reading, _>(&Sidecar::new(Cbor), bytes),
    |bytes| {
        check_or_refused::<Event, _>(&Json, bytes);
        check_or_refused::<Event, _>(&Cbor, bytes);
        check_or_refused::<Event, _>(&Sidecar::new(Json), bytes);
        check_or_refused::<Event, _>(&Prefixed::new(Json), bytes);
    },
    |bytes| {
        check_or_refused::<Shelves, _>(&Sidecar::new(Json), bytes);
        check_or_refused::<Shelves, _>(&Sidecar::new(Cbor), bytes);
        check_carried::<Shelves, _>(&Json, bytes);
        check_carried::<Shelves, _>(&Cbor, bytes);
    },
];

/// Each target's seeds, changed a little, and bytes that mean nothing: no panic, and no more memory than the limit.
#[test]
fn the_targets_hold_with_inputs_that_nobody_chose() {
    if ran_in_child("the_targets_hold_with_inputs_that_nobody_chose", &[]) {
        return; // nobody records there
    }
    let mut random = super::random();
    for ((name, seeds), target) in seeds::wire().into_iter().zip(TARGETS) {
        let mut most = 0;
        for round in 0..INPUTS {
            let mut bytes = match round % 8 {
                0 => (0..random(64)).map(|_| random(256).to_le_bytes()[0]).collect(),
                _ => seeds[round % seeds.len()].clone(),
            };
            for _ in 0..random(4) {
                let (at, byte) = (random(bytes.len() + 1), random(256).to_le_bytes()[0]);
                match random(4) {
                    0 if at < bytes.len() => bytes[at] = byte,
                    1 if at < bytes.len() => bytes[at] ^= 1 << random(8),
                    2 => bytes.truncate(at),
                    _ => bytes.insert(at, byte),
                }
            }
            most = most.max(peak(|| target(&bytes)));
        }
        assert!(most <= CAP, "{name}: {most} bytes were held");
    }
}

/// None is left out, here or there.
#[test]
fn each_target_of_the_wire_is_among_them() {
    let manifest = include_str!("../../../../fuzz/Cargo.toml");
    let names = manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1));
    let expected: Vec<_> = names.filter(|name| !name.starts_with("propagation")).collect();
    let found: Vec<_> = seeds::wire().iter().map(|(name, _)| *name).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), TARGETS.len());
}
