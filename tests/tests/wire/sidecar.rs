//! The sidecar by itself, for a framework that calls serde.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::Json;
use traced_actor_wire::{Codec, Encoding, Sidecar, read_sidecar, write_sidecar};

use crate::support::{Message, assert_arrived, decided, enveloped, messages};

/// A message of a framework, as `traced-actor-kameo` has it.
struct Carried<M>(Envelope<M>);

impl<M: Serialize + DeserializeOwned> Serialize for Carried<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_sidecar(&self.0, serializer)
    }
}

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Carried<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (message, context) = read_sidecar(deserializer)?;
        Ok(Self(Envelope::new(message, context)))
    }
}

/// A message bare, and with each context, in formats that write names: it comes back, or was refused.
fn round_trip<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: impl Fn() -> M) -> [usize; 3] {
    let mut read = [0; 3];
    let mut all = decided();
    all.push(MessageContext::ABSENT);
    for context in all {
        let carried = Carried(Envelope::new(message(), context.clone()));
        let mut cbor = Vec::new();
        let arrived: [Option<Carried<M>>; 3] = [
            serde_json::to_vec(&carried).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap()),
            rmp_serde::to_vec_named(&carried).ok().map(|bytes| rmp_serde::from_slice(&bytes).unwrap()),
            ciborium::into_writer(&carried, &mut cbor)
                .ok()
                .map(|()| ciborium::from_reader(&cbor[..]).unwrap()),
        ];
        for (read, arrived) in read.iter_mut().zip(arrived) {
            let Some(Carried(arrived)) = arrived else { continue };
            *read += 1;
            assert_eq!(*arrived.message(), message());
            if arrived.state() != ContextState::Absent {
                assert_arrived(&context, arrived.state());
            }
        }
    }
    read
}

/// A key of bytes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Any)
    }
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Reading {
    device: u64,
    note: Option<String>,
}

/// All contexts, and none.
const ALL: usize = 6;

#[test]
fn a_struct_and_a_map_come_back_with_every_context_and_without() {
    assert_eq!(round_trip(|| Reading { device: 7, note: None }), [ALL; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([("a".to_owned(), 1_u8)])), [ALL; 3]);
    // There is no room beside these, and so only the message comes.
    assert_eq!(round_trip(|| vec![1_u8, 2]), [ALL; 3]);
    assert_eq!(round_trip(|| Some(5_u8)), [ALL; 3]);
    assert_eq!(round_trip(|| "__traced".to_owned()), [ALL; 3]);
}

/// Bare they come back, as a format gives numbers to who asks for them; with a context they are refused.
#[test]
fn keys_that_are_no_texts_come_back_without_a_context() {
    assert_eq!(round_trip(|| BTreeMap::from([(7_u64, 1_u8), (u64::MAX, 2)])), [1; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(i8::MIN, 1_u8), (i8::MAX, 2)])), [1; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(i128::MIN, 1_u8), (i128::MAX, 2)])), [1; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(u128::MAX, 1_u8)])), [1; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(true, 1_u8), (false, 2)])), [1; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([('7', 1_u8), (' ', 2)])), [ALL; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([("7".to_owned(), 1_u8), ("true".to_owned(), 2)])), [ALL; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([((1_u8, 2_u8), 1_u8)])), [0, 1, 1], "JSON has no such key");
    assert_eq!(
        round_trip(|| BTreeMap::from([(Bytes(b"key".to_vec()), 1_u8)])),
        [0, 1, 1],
        "JSON has no such key"
    );
    assert_eq!(round_trip(|| BTreeMap::from([(Some("key".to_owned()), 1_u8)])), [1; 3]);
}

/// A number in a text is a number only as JSON writes it.
#[test]
fn a_text_that_only_looks_like_a_number_is_none() {
    for key in ["+7", "07", " 7", "7.0", "7e0", "", "seven", "-0", "256"] {
        let text = format!(r#"{{"{key}":1}}"#);
        let read = serde_json::from_str::<Carried<BTreeMap<u8, u8>>>(&text);
        assert!(read.is_err(), "{key}");
    }
    let mut named = Vec::new();
    ciborium::into_writer(&BTreeMap::from([("7", 1_u8)]), &mut named).unwrap();
    assert!(ciborium::from_reader::<Carried<BTreeMap<u8, u8>>, _>(&named[..]).is_err());
}

/// A framework's message with a sidecar in a struct of the user's, beside other fields that serde flattens.
#[test]
fn a_sidecar_in_a_flattened_field() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Post {
        channel: u64,
        text: Option<String>,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type")]
    enum Tagged {
        Post { channel: u64 },
        Tick,
    }
    #[derive(Serialize, Deserialize)]
    #[serde(bound(serialize = "M: Serialize + DeserializeOwned", deserialize = "M: DeserializeOwned"))]
    struct Frame<M> {
        id: u8,
        #[serde(flatten)]
        carried: Carried<M>,
        after: u8,
    }
    #[derive(Serialize, Deserialize)]
    struct Rest {
        #[serde(flatten)]
        carried: Carried<Post>,
        #[serde(flatten)]
        others: BTreeMap<String, u8>,
    }
    fn assert_all_arrive<M: Serialize + DeserializeOwned + PartialEq + Debug + Clone>(message: &M) {
        for context in decided() {
            let carried = Carried(Envelope::new(message.clone(), context.clone()));
            let frame = Frame { id: 1, carried, after: 9 };
            let mut cbor = Vec::new();
            ciborium::into_writer(&frame, &mut cbor).unwrap();
            let arrived: [Frame<M>; 3] = [
                serde_json::from_str(&serde_json::to_string(&frame).unwrap()).unwrap(),
                rmp_serde::from_slice(&rmp_serde::to_vec_named(&frame).unwrap()).unwrap(),
                ciborium::from_reader(&cbor[..]).unwrap(),
            ];
            for Frame { id, carried: Carried(arrived), after } in arrived {
                assert_eq!((id, arrived.message(), after), (1, message, 9));
                assert_arrived(&context, arrived.state());
            }
        }
    }
    assert_all_arrive(&Post { channel: 7, text: None });
    assert_all_arrive(&Tagged::Post { channel: 7 });
    assert_all_arrive(&Tagged::Tick);

    for context in decided() {
        let message = Post { channel: 7, text: Some("hi".to_owned()) };
        let carried = Carried(Envelope::new(message.clone(), context.clone()));
        let others = BTreeMap::from([("other".to_owned(), 2)]);
        let text = serde_json::to_string(&Rest { carried, others: others.clone() }).unwrap();
        let rest: Rest = serde_json::from_str(&text).unwrap();
        assert_eq!((rest.carried.0.message(), rest.others), (&message, others));
        assert_arrived(&context, rest.carried.0.state());
    }
}

/// An untrusted sender cannot put a context beside a message, or suppress one, with a key of that name.
#[test]
fn a_key_of_the_sidecar_s_name_is_refused_with_a_context_and_without() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Field {
        #[serde(rename = "__traced")]
        traced: String,
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        others: BTreeMap<String, String>,
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(tag = "__traced")]
    enum Tag {
        Tick { at: u8 },
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Name {
        #[serde(rename = "__traced")]
        Traced,
    }
    let parent = || "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
    let map = || BTreeMap::from([("__traced".to_owned(), parent())]);
    assert_eq!(round_trip(|| Field { traced: parent() }), [0; 3]);
    assert_eq!(round_trip(map), [0; 3]);
    assert_eq!(round_trip(|| Flat { id: 1, others: map() }), [0; 3]);
    assert_eq!(round_trip(|| Tag::Tick { at: 1 }), [0; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(Name::Traced, 1_u8)])), [0; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(Some("__traced".to_owned()), 1_u8)])), [0; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([(Bytes(b"__traced".to_vec()), 1_u8)])), [0; 3]);
    let error = serde_json::to_string(&Carried(Envelope::bare(map()))).unwrap_err().to_string();
    assert!(error.starts_with("the message has a key __traced itself"), "{error}");
    // Further in it is nobody else's.
    assert_eq!(round_trip(|| BTreeMap::from([("a".to_owned(), map())])), [ALL; 3]);
    assert_eq!(round_trip(|| BTreeMap::from([("__traced_".to_owned(), parent())])), [ALL; 3]);
}

/// An enum has an envelope; as it is, it comes back.
#[test]
fn an_enum_comes_back_without_a_context() {
    for message in messages() {
        let read = round_trip::<Message>(|| message.clone());
        assert_eq!(read, [1; 3], "{message:?}");
    }
}

/// The content of an option is a map to who reads it, and has no place for a context to who writes it.
#[test]
fn a_key_of_the_sidecar_s_name_is_refused_where_a_context_has_no_place() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    enum Maybe {
        Map(Option<BTreeMap<String, String>>),
    }
    let codec = Sidecar::new(Json);
    let map = |key: &str| Maybe::Map(Some([(key.to_owned(), "x".to_owned())].into()));
    for context in decided() {
        let bytes = codec.encode(&enveloped(&map("key"), &context), Encoding::Envelope).unwrap();
        assert_eq!(codec.decode::<Maybe>(&bytes).unwrap().message(), &map("key"));
        let refused = codec.encode(&enveloped(&map("__traced"), &context), Encoding::Envelope);
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("the message has a key __traced itself"), "{error}");
    }
}
