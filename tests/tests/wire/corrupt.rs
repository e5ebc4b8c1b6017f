//! Input that nobody wrote: an error or a message, and nothing else.

use traced_actor::context::ContextState;
use traced_actor_wire::{Codec, Encoding, Peek, Prefixed, Sidecar};

use crate::support::{Message, envelopes, with_each_codec};

#[test]
fn every_strict_prefix_of_an_envelope_is_an_error() {
    fn check<C: Codec>(codec: &C) {
        for bytes in envelopes(codec) {
            for end in 0..bytes.len() {
                let read = codec.decode::<Message>(&bytes[..end]);
                assert!(read.is_err(), "{}: {end} of {} bytes are {read:?}", C::NAME, bytes.len());
            }
        }
    }
    with_each_codec!(check);
    check(&Prefixed::new(traced_actor_wire::codec::Json));
    check(&Prefixed::new(traced_actor_wire::codec::Msgpack));
    check(&Prefixed::new(traced_actor_wire::codec::Cbor));
}

/// `SplitMix64`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ z >> 31) % n as u64).unwrap()
    }
}

impl Random {
    pub(crate) fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

/// One to four changes: a byte replaced, a bit flipped, bytes taken out, put in or repeated.
fn corrupt(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] = random.byte(),
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, random.byte()),
            4 => drop(bytes.remove(at)),
            _ => bytes[at] = [0x00, 0x7f, 0x80, 0xff][random.below(4)],
        }
    }
    bytes
}

#[test]
fn ten_thousand_corruptions_give_an_error_or_a_message() {
    fn check<C: Codec>(codec: &C) {
        let mut originals = envelopes(codec);
        originals.extend(crate::support::messages().iter().map(|message| codec.write(message).unwrap()));
        let mut random = Random(3);
        let (mut errors, mut messages) = (0, 0);
        for round in 0..10_000 {
            let bytes = corrupt(&originals[round % originals.len()], &mut random);
            let peeked = codec.peek(&bytes);
            let Ok(envelope) = codec.decode::<Message>(&bytes) else {
                errors += 1;
                continue;
            };
            messages += 1;
            match peeked {
                Some(Peek::Bare) => assert_eq!(envelope.state(), ContextState::Absent),
                Some(Peek::Unsampled) => assert!(envelope.context().is_none()),
                // Its ids may turn out to be none.
                Some(Peek::Sampled) | None => {}
            }
            // A message that was read can be written.
            codec.encode(&envelope, Encoding::Envelope).unwrap();
        }
        assert!(errors > 100 && messages > 100, "{}: {errors} errors, {messages} messages", C::NAME);
    }
    with_each_codec!(check);
}

#[test]
fn a_sidecar_holds_as_well() {
    #[derive(serde::Serialize, serde::Deserialize, Clone)]
    struct Reading {
        device: u64,
        name: String,
    }
    let codec = Sidecar::new(traced_actor_wire::codec::MsgpackNamed);
    let reading = Reading { device: 7, name: "x".into() };
    let original: Vec<_> = crate::support::decided()
        .iter()
        .map(|carried| {
            codec.encode(&crate::support::enveloped(&reading, carried), Encoding::Envelope).unwrap()
        })
        .collect();
    for bytes in &original {
        for end in 0..bytes.len() {
            assert!(codec.decode::<Reading>(&bytes[..end]).is_err());
        }
    }
    let mut random = Random(4);
    for round in 0..10_000 {
        let _ = codec.decode::<Reading>(&corrupt(&original[round % original.len()], &mut random));
    }
}
