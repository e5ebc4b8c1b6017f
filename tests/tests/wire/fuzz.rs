//! The fuzz targets of the wire, with the same inputs at each run: where no fuzzer is at hand, they are run at all.

use serde::Serialize;
use traced_actor::Envelope;
use traced_actor::context::{Carried, SampledContext};
use traced_actor::wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor::wire::rollout::Hello;
use traced_actor::wire::{Codec, Frame, Phase, Sidecar};

use super::{CAP, context, peak};
use targets::{Evolved, Message, Reading, check, check_carrier, check_hello, messages};

#[path = "../../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, reason = "of another package; some of it is for other targets")]
mod targets;

const INPUTS: usize = 4000;

/// A target, with the inputs that its fuzzing begins with.
type Target = (&'static str, fn(&[u8]), Vec<Vec<u8>>);

fn written<C: Codec, M: Serialize>(codec: &C, messages: impl IntoIterator<Item = M>) -> Vec<Vec<u8>> {
    let carried = [
        Carried::ABSENT,
        Carried::UNSAMPLED,
        SampledContext::new(context().context).into(),
        context().into(),
    ];
    let mut all = Vec::new();
    for message in messages {
        let mut envelope = Envelope::bare(message);
        for carried in &carried {
            envelope = Envelope::new(envelope.into_message(), carried.clone());
            all.push(codec.encode(&envelope, Phase::Envelope).unwrap());
        }
    }
    all
}

fn wire_targets() -> Vec<Target> {
    let readings = || [Reading::Value { device: 1, name: "x".into() }, Reading::Lost];
    let evolved = || [Evolved::Tick, Evolved::Join { user: 1, region: "eu".into() }];
    let hello = Hello::ours().with_schema(7);
    // In a postcard envelope: behind the tag and the length, before the one byte of `Tick`.
    let enveloped = written(&Postcard, [Message::Tick]);
    let carriers = enveloped[1..].iter().map(|bytes| bytes[2..bytes.len() - 1].to_vec()).collect();
    vec![
        ("json", |bytes| check::<Message, _>(&Json, bytes), written(&Json, messages())),
        ("postcard", |bytes| check::<Message, _>(&Postcard, bytes), written(&Postcard, messages())),
        (
            "bincode",
            |bytes| check::<Message, _>(&Bincode::new(), bytes),
            written(&Bincode::new(), messages()),
        ),
        ("bincode1", |bytes| check::<Message, _>(&Bincode1, bytes), written(&Bincode1, messages())),
        ("msgpack", |bytes| check::<Message, _>(&Msgpack, bytes), written(&Msgpack, messages())),
        (
            "msgpack_named",
            |bytes| check::<Message, _>(&MsgpackNamed, bytes),
            written(&MsgpackNamed, messages()),
        ),
        ("cbor", |bytes| check::<Message, _>(&Cbor, bytes), written(&Cbor, messages())),
        (
            "sidecar",
            |bytes| check::<Reading, _>(&Sidecar::new(Json), bytes),
            written(&Sidecar::new(Json), readings()),
        ),
        (
            "frame",
            |bytes| check::<Message, _>(&Frame::new(Msgpack), bytes),
            written(&Frame::new(Msgpack), messages()),
        ),
        (
            "legacy",
            |bytes| {
                check::<Evolved, _>(&Postcard, bytes);
                check::<Evolved, _>(&Json, bytes);
            },
            // Numbers 0 and 1 are retired.
            [
                written(&Postcard, evolved()),
                written(&Json, evolved()),
                vec![vec![0, 7], vec![1, 7, 1, 2, b'h', b'i'], br#"{"Join":{"user":7}}"#.to_vec()],
            ]
            .concat(),
        ),
        ("hello", check_hello, vec![hello.to_bytes(), hello.to_text().into_bytes()]),
        ("carrier", check_carrier, carriers),
    ]
}

/// Each target's seeds, changed a little, and bytes that mean nothing: no panic, and no more memory than the limit.
#[test]
fn the_targets_hold_with_inputs_that_nobody_chose() {
    let mut random = super::random();
    for (name, target, seeds) in wire_targets() {
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
    let manifest = include_str!("../../../fuzz/Cargo.toml");
    let names = manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1));
    let expected: Vec<_> = names.filter(|name| !name.starts_with("propagation")).collect();
    let found: Vec<_> = wire_targets().iter().map(|(name, ..)| *name).collect();
    assert_eq!(found, expected);
}
