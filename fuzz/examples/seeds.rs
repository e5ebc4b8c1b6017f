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

fn main() {
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
