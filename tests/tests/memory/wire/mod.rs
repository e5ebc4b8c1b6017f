//! Corrupt input does not make a decoder reserve memory: a counting allocator watches.

mod fuzz;

use std::cell::Cell;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use traced_actor::{Envelope, SpanId, TraceContext, TraceFlags, TraceId, context::SampledContext};
use traced_actor_tests::counting::Count;
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::rollout::{Hello, MAX_NAMES, Rollout};
use traced_actor_wire::{Codec, Encoding, Prefixed};

/// The largest number of bytes that one decoding may hold at a time. serde reserves up to 1 MiB for a sequence before
/// it has seen its elements, and the messages below nest three.
const CAP: usize = 4 << 20;

pub(crate) struct Held;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

impl Count for Held {
    fn count(allocated: Option<usize>, freed: Option<usize>) {
        // A thread that is being torn down is not counted.
        let _ = LIVE.try_with(|live| {
            live.set(live.get().saturating_sub(freed.unwrap_or(0)) + allocated.unwrap_or(0));
            PEAK.with(|peak| peak.set(peak.get().max(live.get())));
        });
    }
}

/// The most bytes held at a time while `work` ran, beyond those held before.
fn peak(work: impl FnOnce()) -> usize {
    let before = LIVE.get();
    PEAK.set(before);
    work();
    PEAK.get() - before
}

#[derive(Serialize, Deserialize, Clone)]
enum Message {
    Text(String),
    Blob(Vec<u64>),
    Nested { rooms: HashMap<String, Vec<Vec<u32>>>, note: Option<String> },
}

fn messages() -> Vec<Message> {
    vec![
        Message::Text("hello".repeat(20)),
        Message::Blob(vec![1, 2, 3, u64::MAX]),
        Message::Nested {
            rooms: [("a".to_owned(), vec![vec![1, 2], vec![3]])].into(),
            note: Some("n".into()),
        },
    ]
}

fn context() -> SampledContext {
    let (trace_id, span_id) = (TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
    let mut context = SampledContext::new(TraceContext::new(trace_id, span_id, TraceFlags::SAMPLED));
    context.tracestate = Some("a=1,b=2".into());
    context.baggage = Some("c=3".into());
    context
}

fn envelopes<C: Codec>(codec: &C) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for message in messages() {
        all.push(codec.write(&message).unwrap());
        all.push(codec.encode(&Envelope::new(message, context()), Encoding::Envelope).unwrap());
    }
    all
}

/// Numbers below the one that is asked for; the same at each run.
fn random() -> impl FnMut(usize) -> usize {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).unwrap()
    }
}

fn stays_within<C: Codec>(codec: &C) {
    let mut random = random();
    let originals = envelopes(codec);
    for round in 0..10_000 {
        let mut bytes = originals[round % originals.len()].clone();
        let at = random(bytes.len());
        // Lengths: the greatest values of each format's integers, or anything.
        match random(4) {
            0 => bytes[at..].iter_mut().take(9).for_each(|byte| *byte = 0xff),
            1 => bytes[at] = [0xdb, 0xdd, 0xdf, 0xc6, 0x9b, 0xbb, 0x7b, 0xfd, 0xfc][random(9)],
            2 => drop(bytes.splice(at..at, [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])),
            _ => bytes[at] = random(256).to_le_bytes()[0],
        }
        let held = peak(|| drop(codec.decode::<Message>(&bytes)));
        assert!(held <= CAP, "{}: {held} bytes were held for {bytes:x?}", C::NAME);
    }
}

#[test]
fn corrupt_lengths_reserve_no_memory() {
    stays_within(&Json);
    stays_within(&Postcard);
    stays_within(&Bincode::new());
    stays_within(&Bincode1);
    stays_within(&Msgpack);
    stays_within(&MsgpackNamed);
    stays_within(&Cbor);
    stays_within(&Prefixed::new(Json));
    stays_within(&Prefixed::new(Msgpack));
}

/// Bytes that are asked for as owned.
#[derive(Clone, Debug, PartialEq)]
struct Buffer(Vec<u8>);

impl Serialize for Buffer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl serde::de::Visitor<'_> for Bytes {
            type Value = Buffer;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Buffer, E> {
                Ok(Buffer(bytes.to_vec()))
            }
        }

        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// A text, and bytes, in each place that serde's data model has for a value.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Newtype(String);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Pair(String, Buffer);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Place {
    One(Newtype),
    Pair(Pair),
    Tuple(u8, (String, Buffer)),
    Struct { text: String, some: Option<String>, list: Vec<Buffer>, map: HashMap<String, String> },
}

/// bincode without a limit reserves what a length says, and the process aborts: so none may reach it, wherever it stands.
#[test]
fn no_length_in_bincode_is_believed() {
    let (text, bytes) = (|| "text".to_owned(), || Buffer(b"bytes".to_vec()));
    let places = [
        Place::One(Newtype(text())),
        Place::Pair(Pair(text(), bytes())),
        Place::Tuple(1, (text(), bytes())),
        Place::Struct {
            text: text(),
            some: Some(text()),
            list: vec![bytes(), bytes()],
            map: [(text(), text())].into(),
        },
    ];
    let huge = [&[253][..], &(1_u64 << 50).to_le_bytes()].concat();
    for place in places {
        let bare = Bincode::new().write(&place).unwrap();
        assert_eq!(*Bincode::new().decode::<Place>(&bare).unwrap().message(), place);
        let lengths = (0..bare.len())
            .filter(|at| bare[at + 1..].starts_with(b"text") || bare[at + 1..].starts_with(b"bytes"));
        let mut corrupted = 0;
        for at in lengths {
            let bytes = [&bare[..at], &huge, &bare[at + 1..]].concat();
            let held =
                peak(|| assert!(Bincode::new().decode::<Place>(&bytes).is_err(), "{place:?}, byte {at}"));
            assert!(held <= CAP, "{held} bytes were held for {place:?}, byte {at}");
            corrupted += 1;
        }
        assert!(corrupted > 0, "{place:?}");
    }
}

/// A context of the greatest length is copied at most twice over: bounded before any work.
#[test]
fn a_huge_carrier_is_not_copied() {
    let huge = "x".repeat(16 << 20);
    let json = format!(r#"{{"__traced":[{{"traceparent":"{huge}","baggage":"{huge}"}},{{"Text":"a"}}]}}"#);
    let held = peak(|| drop(Json.decode::<Message>(json.as_bytes()).unwrap()));
    assert!(held < 64 << 10, "{held}");
}

/// Names come from outside, of any length: what is kept of them is bounded in bytes, for as many as there may be.
#[test]
fn names_of_peers_take_a_bounded_number_of_bytes() {
    const LONGEST: usize = 10_000;
    const PEERS: usize = MAX_NAMES + 200;
    let mut name = "n".repeat(LONGEST);
    let rollout = Rollout::new();
    let mut held = Vec::with_capacity(PEERS);
    let most = peak(|| {
        for n in 0..PEERS {
            name.replace_range(LONGEST - 8.., &format!("{n:08}"));
            let connection = rollout.connect(&name);
            connection.hello(&Hello::ours().to_bytes()).unwrap();
            held.push((connection.route(&name), connection));
        }
    });
    // As they come they would take 47 MB for each table, and there are three.
    assert!(most < PEERS * 1600, "{most} bytes were held");
    drop(held);
    let left = peak(|| drop(rollout.snapshot()));
    assert!(left < MAX_NAMES * 1200, "{left} bytes in a report");
}

#[test]
fn the_allocator_counts() {
    assert!(peak(|| drop(vec![0_u8; 1 << 20])) >= 1 << 20);
}
