//! The seeds for fuzzing the wire: each target's name, and its own messages in each state of a context.

use serde::Serialize;
use serde::de::DeserializeOwned;
use traced_actor::context::{MessageContext, SampledContext};
use traced_actor::{Envelope, SpanId, TraceContext, TraceFlags, TraceId};
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::rollout::Hello;
use traced_actor_wire::{Codec, Encoding, Prefixed, Sidecar};

use super::{Event, Evolved, Message, Reading, Shelves, messages};

/// Each target of the wire, in the manifest's order, with its seeds.
pub fn wire() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let readings = || [Reading::Value { device: 1, name: "x".into() }, Reading::Lost];
    let evolved = || [Evolved::Tick, Evolved::Join { user: 1, region: "eu".into() }];
    let hello = Hello::ours().with_schema(7);
    // In a postcard envelope: behind the tag and the length, before the one byte of `Tick`.
    let enveloped = written(&Postcard, [Message::Tick]);
    let carriers: Vec<Vec<u8>> =
        enveloped[1..].iter().map(|bytes| bytes[2..bytes.len() - 1].to_vec()).collect();
    // Numbers 0 and 1 are retired.
    let retired = vec![vec![0, 7], vec![1, 7, 1, 2, b'h', b'i'], br#"{"Join":{"user":7}}"#.to_vec()];
    vec![
        ("json", written(&Json, messages())),
        ("postcard", written(&Postcard, messages())),
        ("bincode", written(&Bincode::new(), messages())),
        ("bincode1", written(&Bincode1, messages())),
        ("msgpack", written(&Msgpack, messages())),
        ("msgpack_named", written(&MsgpackNamed, messages())),
        ("cbor", written(&Cbor, messages())),
        ("sidecar", written(&Sidecar::new(Json), readings())),
        ("frame", written(&Prefixed::new(Msgpack), messages())),
        ("legacy", [written(&Postcard, evolved()), written(&Json, evolved()), retired].concat()),
        ("hello", vec![hello.to_bytes(), hello.to_text().into_bytes()]),
        ("carrier", carriers.clone()),
        ("trust", carriers),
        ("sidecar_cbor", written(&Sidecar::new(Cbor), readings())),
        ("catch_all", [events(&Json), events(&Cbor), framed_events()].concat()),
        ("keys", [shelves(&Json), shelves(&Cbor)].concat()),
    ]
}

fn some_events() -> [Event; 3] {
    let unknown = [("__traced".to_owned(), vec![String::new(), "Closed".to_owned()])];
    [Event::Paid { cents: 5 }, Event::Closed, Event::Unknown(unknown.into())]
}

fn events<C: Codec>(codec: &C) -> Vec<Vec<u8>> {
    some_events().iter().map(|event| codec.write(event).expect("a message of ours")).collect()
}

fn framed_events() -> Vec<Vec<u8>> {
    written(&Prefixed::new(Json), some_events())
}

fn shelves<C: Codec>(codec: &C) -> Vec<Vec<u8>> {
    let maps: [Shelves; 2] = [Shelves::new(), [(7, "__traced".to_owned())].into()];
    let mut all: Vec<_> = maps.iter().map(|map| codec.write(map).expect("a message of ours")).collect();
    let named: std::collections::BTreeMap<&str, &str> = [("__traced", ""), ("7", "x")].into();
    all.push(codec.write(&named).expect("a map"));
    all
}

fn written<C: Codec, M: Serialize + DeserializeOwned>(
    codec: &C,
    messages: impl IntoIterator<Item = M>,
) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for message in messages {
        let mut envelope = Envelope::bare(message);
        for carried in states() {
            envelope = Envelope::new(envelope.into_message(), carried);
            all.push(codec.encode(&envelope, Encoding::Envelope).expect("a message of ours"));
        }
    }
    all
}

fn states() -> [MessageContext; 5] {
    let trace_id = TraceId::new(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c).expect("not zero");
    let span_id = SpanId::new(0xb7ad_6b71_6920_3331).expect("not zero");
    let context = SampledContext::new(TraceContext::new(trace_id, span_id, TraceFlags::SAMPLED));
    let mut full = context.clone();
    full.probability = Some(0.5);
    full.hops = 3;
    full.tracestate = Some("a=1,b=2".into());
    full.baggage = Some("c=3".into());
    // Unsampled, and no sampler is to be asked again: only others send it.
    let settled = Postcard.decode::<Message>(&[0x7f, 1, 0, 3]).expect("an envelope").into_parts().1;
    [MessageContext::ABSENT, MessageContext::UNSAMPLED, context.into(), full.into(), settled]
}
