//! Writes the seed corpus: `cargo run --example seeds`, once, before `cargo +nightly fuzz run <target>`.

use std::fs;
use std::path::Path;

use serde::Serialize;
use traced_actor::context::{Carried, SampledContext, new_span_id, new_trace_id};
use traced_actor::wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor::wire::{Codec, Frame, Phase, Sidecar};
use traced_actor::{Envelope, TraceContext, TraceFlags};
use traced_actor_fuzz::{Evolved, Message, Reading, messages};

fn states() -> [Carried; 4] {
    let context =
        || SampledContext::new(TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED));
    let mut full = context();
    full.probability = Some(0.5);
    full.hops = 3;
    full.tracestate = Some("a=1,b=2".into());
    full.baggage = Some("c=3".into());
    [Carried::ABSENT, Carried::UNSAMPLED, context().into(), full.into()]
}

fn write<C: Codec, M: Serialize>(target: &str, codec: &C, messages: impl IntoIterator<Item = M>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the corpus can be written");
    for (i, message) in messages.into_iter().enumerate() {
        let mut envelope = Envelope::bare(message);
        for (j, carried) in states().into_iter().enumerate() {
            envelope = Envelope::new(envelope.into_message(), carried);
            let bytes = codec.encode(&envelope, Phase::Envelope).expect("a message of ours");
            fs::write(folder.join(format!("{i}-{j}")), bytes).expect("the corpus can be written");
        }
    }
}

/// A few headers for each parser of them.
const HEADERS: [(&str, &[&str]); 8] = [
    (
        "traceparent",
        &[
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ],
    ),
    ("tracestate", &["ta=w:0.5;h:3,ot=th:8;rv:00000000000001,vendor=x", " a=1 ,, b@c=2"]),
    ("baggage", &["user=alice%20b;ttl=30,tier=gold"]),
    ("b3", &["0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d-05e3ac9a4f6e3b90", "0"]),
    ("jaeger", &["0af7651916cd43dd8448eb211c80319c%3Ab7ad6b7169203331:0:3"]),
    ("xray", &["Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=?;Lineage=a:1|b:2"]),
    (
        "browser",
        &[
            "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01&tracestate=a%3D1",
            "chat, traceparent.00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ],
    ),
    // The first byte of a line names the header.
    (
        "edge",
        &[
            "\u{0}00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03\n\u{1}ta=w:0.5;h:3\n\u{2}a=1\n\u{3}0\n\u{9}b",
        ],
    ),
];

fn write_headers() {
    for (target, seeds) in HEADERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/propagation_{target}"));
        fs::create_dir_all(&folder).expect("the corpus can be written");
        for (i, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(i.to_string()), seed).expect("the corpus can be written");
        }
    }
}

fn main() {
    write_headers();
    write("json", &Json, messages());
    write("postcard", &Postcard, messages());
    write("bincode", &Bincode::new(), messages());
    write("bincode1", &Bincode1, messages());
    write("msgpack", &Msgpack, messages());
    write("msgpack_named", &MsgpackNamed, messages());
    write("cbor", &Cbor, messages());
    write("frame", &Frame::new(Msgpack), messages());
    write("sidecar", &Sidecar::new(Json), [Reading::Value { device: 1, name: "x".into() }, Reading::Lost]);
    write("legacy", &Postcard, [Evolved::Tick, Evolved::Join { user: 1, region: "eu".into() }]);
    // The carriers of a postcard envelope: behind the tag and the length, before the one byte of `Tick`.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/carrier");
    fs::create_dir_all(&folder).expect("the corpus can be written");
    for (i, carried) in states().into_iter().skip(1).enumerate() {
        let bytes = Postcard
            .encode(&Envelope::new(Message::Tick, carried), Phase::Envelope)
            .expect("a message of ours");
        fs::write(folder.join(i.to_string()), &bytes[2..bytes.len() - 1]).expect("the corpus can be written");
    }
}
