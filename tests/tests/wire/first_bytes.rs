//! The first bytes decide which way a message is read, and none of the ways may read anything else than the others.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, Postcard};
use traced_actor_wire::{Codec, Encoding};

use crate::support::{Message, assert_arrived, decided, enveloped, envelopes, messages, with_each_codec};

/// Decodes with `Envelope`'s own `Deserialize`, which does not look at the first bytes.
fn hooked<C: Codec>(codec: &C, bytes: &[u8]) -> Option<Envelope<Message>> {
    codec.read(bytes).ok()
}

/// Every message that is bare is decoded as such by its first bytes, and every envelope of ours is taken apart.
fn ours_take_the_short_way<C: Codec>(codec: &C) {
    for message in messages() {
        let bare = codec.write(&message).unwrap();
        assert!(codec.is_bare(&bare) && codec.split(&bare).is_none(), "{}: {bare:?}", C::NAME);
        for carried in decided() {
            let bytes = codec.encode(&enveloped(&message, &carried), Encoding::Envelope).unwrap();
            assert!(!codec.is_bare(&bytes), "{}: {bytes:?}", C::NAME);
            let parts = codec.split(&bytes).unwrap_or_else(|| panic!("{}: {bytes:?}", C::NAME));
            assert!(parts.message().starts_with(&bare), "{}: {bytes:?}", C::NAME);
            let envelope = codec.decode::<Message>(&bytes).unwrap();
            assert_eq!(*envelope.message(), message);
            assert_arrived(&carried, envelope.state());
        }
    }
}

#[test]
fn what_we_write_is_read_the_short_way() {
    with_each_codec!(ours_take_the_short_way);
}

/// All first two bytes there are, before the rest of an envelope.
fn no_first_bytes_mislead<C: Codec>(codec: &C) {
    let envelope = Envelope::new(Message::Leave(0), MessageContext::UNSAMPLED);
    let mut bytes = codec.encode(&envelope, Encoding::Envelope).unwrap();
    let seen = |envelope: Option<Envelope<Message>>| {
        let envelope = envelope?;
        Some((
            envelope.message().clone(),
            envelope.state() == ContextState::Absent,
            envelope.context().copied(),
        ))
    };
    for first in 0..=u16::MAX {
        bytes[..2].copy_from_slice(&first.to_be_bytes());
        // Bytes that take the long way in any case are not worth the time.
        if codec.is_bare(&bytes) || codec.split(&bytes).is_some() {
            let short = codec.decode(&bytes).ok();
            assert_eq!(seen(short), seen(hooked(codec, &bytes)), "{}: {bytes:?}", C::NAME);
        }
    }
}

#[test]
fn no_first_bytes_make_the_ways_disagree() {
    with_each_codec!(no_first_bytes_mislead);
}

/// In JSON a context is as long as the next quotation mark says, not as long as a `traceparent`.
#[test]
fn a_text_that_ends_where_a_traceparent_would_is_none() {
    let join = |name: &str| format!(r#"{{"Join":{{"name":"{name}","user":7}}}}"#);
    for (context, sampled) in [
        ("00", false),
        ("00-4bf92f3577b34da6a3ce929d", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        // As long, and not of the shape that almost all have.
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-09", true),
        ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
    ] {
        // The name ends just there, where the context is shorter.
        let name = "a".repeat(36_usize.saturating_sub(context.len()).max(1));
        let text = format!(r#"{{"__traced":["{context}",{}]}}"#, join(&name));
        assert_eq!(&text.as_bytes()[69..71], b"\",", "{text}");
        let envelope = Json.decode::<Message>(text.as_bytes()).unwrap();
        let expected: Message = serde_json::from_str(&join(&name)).unwrap();
        assert_eq!(*envelope.message(), expected, "{text}");
        assert_eq!(matches!(envelope.state(), ContextState::Sampled(_)), sampled, "{text}");
        assert_eq!(hooked(&Json, text.as_bytes()).unwrap().context(), envelope.context(), "{text}");
    }
}

/// Layouts of an envelope around `Tick` that other writers may choose. None of them is taken for bare.
#[test]
fn other_layouts_are_envelopes_too() {
    fn is_envelope<C: Codec>(codec: &C, bytes: &[u8]) {
        assert!(!codec.is_bare(bytes), "{}: {bytes:?}", C::NAME);
        let envelope = codec.decode::<Message>(bytes).unwrap();
        assert_eq!(
            (envelope.message(), envelope.state()),
            (&Message::Tick, ContextState::Unsampled),
            "{bytes:?}"
        );
    }
    for text in [
        r#"{"__traced":["","Tick"]}"#,
        r#" {"__traced":["","Tick"]}"#,
        "\t{\"__traced\":[\"\",\"Tick\"]}",
        "\n{\"__traced\":[\"\",\"Tick\"]}",
        "\r{\"__traced\":[\"\",\"Tick\"]}",
        "{\"__traced\":[\"\",\"Tick\"]}\n",
        r#"{ "__traced":["","Tick"]}"#,
        "{\n  \"__traced\": [\n    \"\",\n    \"Tick\"\n  ]\n}",
        r#"{"\u005f_traced":["","Tick"]}"#,
        r#"{"_\u005ftraced":["","Tick"]}"#,
        r#"{"__traced" :["","Tick"]}"#,
        r#"{"__traced":["", "Tick" ] }"#,
        r#"{"__traced":["",{"Tick":null}]}"#,
    ] {
        is_envelope(&Json, text.as_bytes());
    }
    // Keys of each length's form, maps of each length's form, numbers for names.
    for bytes in [
        b"\x81\xa8__traced\x92\xc4\x00\xa4Tick".as_slice(),
        b"\x81\xd9\x08__traced\x92\xc4\x00\xa4Tick",
        b"\x81\xda\x00\x08__traced\x92\xc4\x00\xa4Tick",
        b"\x81\xdb\x00\x00\x00\x08__traced\x92\xc4\x00\xa4Tick",
        b"\x81\xa8__traced\x92\xc5\x00\x00\xa4Tick",
        b"\x81\xa8__traced\xdc\x00\x02\xc4\x00\xa4Tick",
        b"\x81\x7f\x92\xc4\x00\x81\x03\xc0",
    ] {
        is_envelope(&Msgpack, bytes);
    }
    for bytes in [
        b"\xa1\x68__traced\x82\x40\x64Tick".as_slice(),
        b"\xa1\x78\x08__traced\x82\x40\x64Tick",
        b"\xa1\x79\x00\x08__traced\x82\x40\x64Tick",
        b"\xb8\x01\x68__traced\x82\x40\x64Tick",
        b"\xa1\x68__traced\x82\x58\x00\x64Tick",
        b"\xa1\x68__traced\x9f\x40\x64Tick\xff",
    ] {
        is_envelope(&Cbor, bytes);
    }
    is_envelope(&Postcard, &[0x7f, 0, 3]);
    is_envelope(&Bincode::new(), &[0x7f, 0, 3]);
    is_envelope(&Bincode1, &[0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
}

/// Only an enum has the reserved variant, whatever the bytes look like.
#[test]
fn only_an_enum_can_be_in_an_envelope() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Reading(u8, String, u8);

    fn is_bare<C: Codec, M: Serialize + DeserializeOwned + Debug + PartialEq>(codec: &C, message: &M) {
        let bytes = codec.write(message).unwrap();
        assert!(codec.split(&bytes).is_some(), "{}: it looks like an envelope: {bytes:?}", C::NAME);
        let envelope = codec.decode::<M>(&bytes).unwrap();
        assert_eq!((envelope.message(), envelope.state()), (message, ContextState::Absent), "{}", C::NAME);
    }
    let reading = Reading(127, "abc".into(), 9);
    is_bare(&Postcard, &reading);
    is_bare(&Bincode::new(), &reading);
    is_bare(&Bincode1, &(127_u32, "abc".to_owned(), 9_u8));
    is_bare(&Json, &BTreeMap::from([("__traced".to_owned(), vec![String::new(), "Tick".to_owned()])]));
    let map = BTreeMap::from([("__traced".to_owned(), (Bytes(vec![]), "Tick".to_owned()))]);
    is_bare(&Msgpack, &map);
    is_bare(&Cbor, &map);
}

/// A newtype around an enum adds no bytes.
#[test]
fn a_newtype_around_an_enum_is_taken_apart() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Command(Message);

    fn arrives<C: Codec>(codec: &C) {
        for message in messages().into_iter().map(Command) {
            for carried in decided() {
                let bytes = codec.encode(&enveloped(&message, &carried), Encoding::Envelope).unwrap();
                let envelope = codec.decode::<Command>(&bytes).unwrap();
                assert_eq!(*envelope.message(), message);
                assert_arrived(&carried, envelope.state());
            }
        }
    }
    with_each_codec!(arrives);
}

/// A truncated envelope is refused by either way; bytes after an envelope are treated like those after a bare message.
fn ends_are_seen_alike<C: Codec>(codec: &C) {
    for bytes in envelopes(codec) {
        for end in 0..bytes.len() {
            assert!(codec.decode::<Message>(&bytes[..end]).is_err(), "{}: {:?}", C::NAME, &bytes[..end]);
        }
        for rest in [b" ".as_slice(), b"]}", b"}", b"\x00", b",\"x\":1}"] {
            let longer = [&bytes, rest].concat();
            let (short, long) = (codec.decode::<Message>(&longer), hooked(codec, &longer));
            assert_eq!(short.is_ok(), long.is_some(), "{}: {longer:?}", C::NAME);
        }
    }
}

#[test]
fn the_ways_see_the_same_end() {
    with_each_codec!(ends_are_seen_alike);
}

/// A byte string to serde.
#[derive(Debug, PartialEq)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Empty;
        impl serde::de::Visitor<'_> for Empty {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Empty)
    }
}
