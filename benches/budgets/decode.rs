//! Decoding a message: bare, as every peer sent it before, and in an envelope.

use std::hint::black_box;

use serde::{Deserialize, Serialize};
use traced_actor::context::{
    MessageContext, SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id,
};
use traced_actor::{Envelope, SpanId, TraceId};
use traced_actor_benches::{Contestant, Measure, Row, Set, timed};
use traced_actor_propagation::traceparent;
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::{Codec, Encoding};

use crate::programs::Parent;

/// Small messages, so that the added cost is visible.
///
/// Contestants with their own types behave as in a program that decodes in one place: the compiler inlines a function
/// that is called once. Contestants that share a type run the same code for it, so the difference is the added cost.
#[derive(Clone, Serialize, Deserialize)]
enum Message<const OWN: u8 = 0> {
    Join { user: u64, device: u32 },
    Post { channel: u64, author: u64, text: String },
    Move { user: u64, to: (f32, f32, f32) },
    Leave(u64),
}

fn messages<const OWN: u8>() -> [Message<OWN>; 4] {
    [
        Message::Join { user: 7_000_001, device: 3 },
        Message::Post { channel: 41, author: 7_000_001, text: "see you at eight".into() },
        Message::Move { user: 7_000_001, to: (1.5, -2.25, 0.125) },
        Message::Leave(7_000_001),
    ]
}

/// The pair of contestants of a codec, and its row: the user's own decoding, and ours.
macro_rules! bare {
    ($($name:literal, $codec:expr, $plain:expr;)*) => {
        pub(crate) const BARE: Set = Set {
            name: "decode bare",
            world: || {},
            contestants: &[
                $(
                    (concat!($name, ": plain"), || decoding(encoded(&$codec), $plain)),
                    (concat!($name, ": traced-actor"), || ours::<0>($codec, encoded(&$codec))),
                )*
            ],
            rows: &[
                $(Row::new(
                    concat!("bare decode, ", $name),
                    concat!($name, ": traced-actor"),
                    concat!($name, ": plain"),
                    Measure::Ratio,
                    Some(1.05),
                ),)*
                $(Row::new(
                    concat!("bare decode, ", $name, ": allocations"),
                    concat!($name, ": traced-actor"),
                    concat!($name, ": plain"),
                    Measure::AddedAllocations,
                    Some(0.0),
                ),)*
            ],
        };
    };
}

bare! {
    "postcard", Postcard, |bytes| postcard::from_bytes::<Message>(bytes).expect("our own bytes");
    "JSON", Json, |bytes| serde_json::from_slice::<Message>(bytes).expect("our own bytes");
    "bincode 2", Bincode::new(), |bytes| {
        let config = bincode::config::standard();
        bincode::serde::decode_from_slice::<Message, _>(bytes, config).expect("our own bytes").0
    };
    "bincode 1", Bincode1, |bytes| bincode1::deserialize::<Message>(bytes).expect("our own bytes");
    "MessagePack", Msgpack, |bytes| rmp_serde::from_slice::<Message>(bytes).expect("our own bytes");
    "MessagePack with names", MsgpackNamed, |bytes| {
        rmp_serde::from_slice::<Message>(bytes).expect("our own bytes")
    };
    "CBOR", Cbor, |bytes| ciborium::from_reader::<Message, _>(bytes).expect("our own bytes");
}

/// The same, each contestant with its own type.
macro_rules! alone {
    ($($name:literal, $own:literal, $codec:expr, $plain:expr;)*) => {
        pub(crate) const ALONE: Set = Set {
            name: "decode bare, at one place",
            world: || {},
            contestants: &[
                $(
                    (concat!($name, ": plain"), || decoding(encoded(&$codec), $plain)),
                    (concat!($name, ": traced-actor"), || ours::<$own>($codec, encoded(&$codec))),
                )*
            ],
            rows: &[
                $(Row::new(
                    concat!("bare decode at one place, ", $name),
                    concat!($name, ": traced-actor"),
                    concat!($name, ": plain"),
                    Measure::Ratio,
                    None,
                ),)*
            ],
        };
    };
}

alone! {
    "postcard", 2, Postcard, |bytes| postcard::from_bytes::<Message<1>>(bytes).expect("our own bytes");
    "bincode 2", 2, Bincode::new(), |bytes| {
        let config = bincode::config::standard();
        bincode::serde::decode_from_slice::<Message<1>, _>(bytes, config).expect("our own bytes").0
    };
    // The usual setting for users who do not want a corrupt length to abort the process.
    "bincode 2 with its limit", 3, Bincode::new(), |bytes| {
        let config = bincode::config::standard().with_limit::<{ 4 << 20 }>();
        bincode::serde::decode_from_slice::<Message<1>, _>(bytes, config).expect("our own bytes").0
    };
    "bincode 1", 2, Bincode1, |bytes| bincode1::deserialize::<Message<1>>(bytes).expect("our own bytes");
}

/// The least cost of any design: a look at the first byte, and eight bytes beside the message that need a drop.
macro_rules! by_hand {
    ($($name:literal, $codec:expr, $plain:expr;)*) => {
        pub(crate) const BY_HAND: Set = Set {
            name: "decode bare, by hand",
            world: || {},
            contestants: &[
                $(
                    (concat!($name, ": plain"), || decoding(encoded(&$codec), $plain)),
                    (concat!($name, ": by hand"), || decoding(encoded(&$codec), beside_context($plain))),
                    (concat!($name, ": traced-actor"), || ours::<0>($codec, encoded(&$codec))),
                )*
            ],
            rows: &[
                $(
                    Row::new(
                        concat!("bare decode by hand, ", $name),
                        concat!($name, ": by hand"),
                        concat!($name, ": plain"),
                        Measure::Ratio,
                        None,
                    ),
                    Row::new(
                        concat!("bare decode, ", $name, ", beside by hand"),
                        concat!($name, ": traced-actor"),
                        concat!($name, ": by hand"),
                        Measure::Ratio,
                        None,
                    ),
                )*
            ],
        };
    };
}

by_hand! {
    "bincode 1", Bincode1, |bytes| bincode1::deserialize::<Message>(bytes).expect("our own bytes");
    "MessagePack", Msgpack, |bytes| rmp_serde::from_slice::<Message>(bytes).expect("our own bytes");
}

/// The size of a context.
type Announced = Option<Box<[u64; 12]>>;

/// Runs `plain`, and handles a context that the first byte may announce.
fn beside_context(plain: impl Fn(&[u8]) -> Message) -> impl Fn(&[u8]) -> (Announced, Message) {
    #[cold]
    #[inline(never)]
    fn announced(bytes: &[u8]) -> Announced {
        Some(Box::new([u64::from(*bytes.last()?); 12]))
    }
    move |bytes| (if bytes.first() == Some(&127) { announced(bytes) } else { None }, plain(bytes))
}

/// A common substitute for an envelope: serde tries one shape after the other.
#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    #[expect(dead_code, reason = "decoded, and not looked at")]
    Traced { traceparent: String, message: Message },
    #[expect(dead_code, reason = "decoded, and not looked at")]
    Bare(Message),
}

const POSTCARD: &str = "postcard: envelope";
const POSTCARD_PLAIN: &str = "postcard: plain and 25 bytes";
const POSTCARD_BOXED: &str = "postcard: plain and 25 bytes in a box";
const POSTCARD_UNSAMPLED: &str = "postcard: unsampled envelope";
const JSON: &str = "JSON: envelope";
const JSON_PLAIN: &str = "JSON: plain and traceparent";
const JSON_BOXED: &str = "JSON: plain and traceparent in a box";
const JSON_UNSAMPLED: &str = "JSON: unsampled envelope";
const JSON_BARE: &str = "JSON: bare";
const UNTAGGED: &str = "JSON: bare, untagged enum";

pub(crate) const ENVELOPED: Set = Set {
    name: "decode envelope",
    world: || {},
    contestants: &[
        (POSTCARD, || enveloped(&Postcard, sampled)),
        (POSTCARD_UNSAMPLED, || enveloped(&Postcard, || MessageContext::UNSAMPLED)),
        (POSTCARD_PLAIN, || {
            let context = black_box([[1; 16].as_slice(), &[2; 8], &[1]].concat());
            decoding(encoded(&Postcard), move |bytes| (binary_context(&context), plain_postcard(bytes)))
        }),
        (POSTCARD_BOXED, || {
            let context = black_box([[1; 16].as_slice(), &[2; 8], &[1]].concat());
            decoding(encoded(&Postcard), move |bytes| {
                (
                    binary_context(&context).map(|context| Box::new((context, [0_u64; 8]))),
                    plain_postcard(bytes),
                )
            })
        }),
        (JSON, || enveloped(&Json, sampled)),
        (JSON_UNSAMPLED, || enveloped(&Json, || MessageContext::UNSAMPLED)),
        (JSON_PLAIN, || {
            let header = black_box(Parent::Sampled.traceparent().to_owned());
            decoding(encoded(&Json), move |bytes| {
                (traceparent::parse(black_box(header.as_bytes())), plain_json(bytes))
            })
        }),
        (JSON_BOXED, || {
            let header = black_box(Parent::Sampled.traceparent().to_owned());
            decoding(encoded(&Json), move |bytes| {
                let context = traceparent::parse(black_box(header.as_bytes())).ok();
                (context.map(|context| Box::new((context, [0_u64; 8]))), plain_json(bytes))
            })
        }),
        (JSON_BARE, || ours::<0>(Json, encoded(&Json))),
        (UNTAGGED, || {
            decoding(encoded(&Json), |bytes| {
                serde_json::from_slice::<Untagged>(bytes).expect("one of the shapes")
            })
        }),
    ],
    rows: &[
        Row::new("enveloped decode, postcard", POSTCARD, POSTCARD_PLAIN, Measure::Ratio, Some(1.15)),
        Row::new("enveloped decode, JSON", JSON, JSON_PLAIN, Measure::Ratio, Some(1.15)),
        Row::new(
            "enveloped decode, postcard, beside a box by hand",
            POSTCARD,
            POSTCARD_BOXED,
            Measure::Ratio,
            None,
        ),
        Row::new("enveloped decode, JSON, beside a box by hand", JSON, JSON_BOXED, Measure::Ratio, None),
        Row::new("enveloped decode, JSON: a box by hand", JSON_BOXED, JSON_PLAIN, Measure::Ratio, None),
        Row::new(
            "enveloped decode, postcard: a box by hand",
            POSTCARD_BOXED,
            POSTCARD_PLAIN,
            Measure::Ratio,
            None,
        ),
        Row::new("unsampled envelope, postcard", POSTCARD_UNSAMPLED, POSTCARD_PLAIN, Measure::Ratio, None),
        Row::new("unsampled envelope, JSON", JSON_UNSAMPLED, JSON_PLAIN, Measure::Ratio, None),
        Row::new(
            "bare decode, JSON, beside an untagged enum",
            JSON_BARE,
            UNTAGGED,
            Measure::TimesCheaper,
            None,
        ),
    ],
};

fn plain_postcard(bytes: &[u8]) -> Message {
    postcard::from_bytes(bytes).expect("our own bytes")
}

fn plain_json(bytes: &[u8]) -> Message {
    serde_json::from_slice(bytes).expect("our own bytes")
}

/// A context as a user would write it by hand: 16 bytes, 8 bytes, flags.
fn binary_context(bytes: &[u8]) -> Option<TraceContext> {
    let (trace_id, rest) = black_box(bytes).split_first_chunk()?;
    let (span_id, flags) = rest.split_first_chunk()?;
    let flags = TraceFlags::new(*flags.first()?);
    Some(TraceContext::new(TraceId::from_bytes(*trace_id)?, SpanId::from_bytes(*span_id)?, flags))
}

fn sampled() -> MessageContext {
    let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
    MessageContext::sampled(SampledContext::new(context))
}

fn encoded(codec: &impl Codec) -> [Vec<u8>; 4] {
    messages::<0>().map(|message| codec.write(&message).expect("a plain message"))
}

fn enveloped<C: Codec + Copy + 'static>(codec: &C, carried: fn() -> MessageContext) -> Contestant {
    let envelopes = messages::<0>().map(|message| Envelope::new(message, carried()));
    let bytes = envelopes.map(|envelope| codec.encode(&envelope, Encoding::Envelope).expect("an enum"));
    ours::<0>(*codec, bytes)
}

/// Decodes like our codec, each message to the type of this number.
fn ours<const OWN: u8>(codec: impl Codec + 'static, bytes: [Vec<u8>; 4]) -> Contestant {
    decoding(bytes, move |bytes| codec.decode::<Message<OWN>>(bytes).expect("our own bytes"))
}

/// A repetition is one message. The messages take turns.
fn decoding<R>(bytes: [Vec<u8>; 4], decode: impl Fn(&[u8]) -> R + 'static) -> Contestant {
    timed(move |times| {
        for time in 0..times {
            black_box(decode(black_box(&bytes[(time % 4) as usize])));
        }
    })
}
