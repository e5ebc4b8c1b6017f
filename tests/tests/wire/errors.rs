//! An error names the message, the codec and what was expected, and is counted.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor::context::MessageContext;
use traced_actor_wire::codec::{Bincode, Cbor, FormatError, Json, Msgpack, MsgpackNamed, Parts, Postcard};
use traced_actor_wire::{Codec, Encoding, Sidecar, wire_counters};

use crate::support::{Message, context};

#[test]
fn an_unknown_variant_names_the_known_ones() {
    let error = Json.decode::<Message>(br#"{"Kick":{"user":1}}"#).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot read a `wire::support::Message` from JSON: unknown variant `Kick`"),
        "{error}"
    );

    // postcard's own error says nothing at all.
    let error = Postcard.decode::<Message>(&[9, 1]).unwrap_err().to_string();
    assert!(error.starts_with("cannot read a `wire::support::Message` from postcard: "), "{error}");
    assert!(
        error.ends_with("; expected one of the variants Join, Post, Leave, Tick, found number 9"),
        "{error}"
    );
}

#[test]
fn an_envelope_in_an_envelope_is_refused() {
    let nested = Envelope::new(Envelope::new(Message::Tick, context()), context());
    let error = Postcard.encode(&nested, Encoding::Envelope).unwrap_err().to_string();
    assert!(error.contains("__traced"), "{error}");
    assert!(Json.decode::<Message>(br#"{"__traced":["",{"__traced":["","Tick"]}]}"#).is_err());
}

#[test]
fn a_reserved_variant_is_refused() {
    #[derive(Serialize, Deserialize)]
    enum Unlucky {
        #[serde(rename = "__traced")]
        Named(u8),
    }
    let error = Msgpack.encode(&Envelope::new(Unlucky::Named(1), context()), Encoding::Envelope).unwrap_err();
    let told = "the enum has a variant named __traced, or one numbered 127: both are reserved for the envelope. \
                Rename it, or move some variants into another enum so that at most 127 are left, or use `Prefixed` or \
                `headers` to carry the context";
    assert!(error.to_string().ends_with(told), "{error}");
}

/// The macro refuses this many variants where it sees serde's derive; above the macro it cannot.
#[test]
fn a_variant_with_the_number_of_the_envelope_is_refused_by_name() {
    struct Numbered(u32, &'static str);

    impl Serialize for Numbered {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit_variant("Crowded", self.0, self.1)
        }
    }
    /// Read as an enum that does not know the number, so only writing it tells.
    impl<'de> Deserialize<'de> for Numbered {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            enum Crowded {
                Only,
            }
            Crowded::deserialize(deserializer).map(|Crowded::Only| Self(0, "Only"))
        }
    }
    let carried = || MessageContext::from(context());
    let error =
        Postcard.encode(&Envelope::new(Numbered(127, "Last"), carried()), Encoding::Envelope).unwrap_err();
    let told = "variant `Last`, number 127, cannot be in an envelope: the name __traced and the number 127 are \
                reserved for the envelope. Rename it, or move some variants into another enum so that at most 127 \
                are left, or use `headers` to carry the context";
    assert!(error.to_string().contains(told), "{error}");
    // Bare, and its neighbours in an envelope: fine.
    assert!(Postcard.encode(&Envelope::new(Numbered(127, "Last"), carried()), Encoding::Bare).is_ok());
    for index in [126, 128] {
        let envelope = Envelope::new(Numbered(index, "Other"), carried());
        assert!(Postcard.encode(&envelope, Encoding::Envelope).is_ok());
    }
}

/// bincode reserves what a length says; the limit stands before that.
#[test]
fn a_corrupt_length_does_not_reserve_memory() {
    let mut bytes = vec![0, 7, 253];
    bytes.extend(u64::MAX.to_le_bytes());
    let error = Bincode::new().decode::<Message>(&bytes).unwrap_err();
    assert!(error.to_string().contains("from bincode: "), "{error}");
    let small = Bincode::with_limit::<64>();
    assert!(
        small
            .encode(&Envelope::bare(Message::Post(1, Some("x".repeat(65)), vec![])), Encoding::Bare)
            .is_err()
    );
}

/// A message at the limit of the writer is read by a peer with the same limit; one byte more is not.
#[test]
fn the_limit_of_bincode_is_of_the_message() {
    const LIMIT: usize = 64;
    let of_length = |length: usize| {
        let message = Message::Join { user: 7, name: "x".repeat(length - 3) };
        let bytes = Bincode::new().write(&message).unwrap();
        assert_eq!(bytes.len(), length);
        (message, bytes)
    };
    let (message, bytes) = of_length(LIMIT);
    let limited = Bincode::with_limit::<LIMIT>();
    assert_eq!(*limited.decode::<Message>(&bytes).unwrap().message(), message);
    let error = limited.decode::<Message>(&of_length(LIMIT + 1).1).unwrap_err();
    assert!(error.to_string().contains("LimitExceeded"), "{error}");
}

#[test]
fn bytes_after_a_message_of_bincode_are_an_error() {
    let tick = Bincode::new().write(&Message::Tick).unwrap();
    let error = Bincode::new().decode::<Message>(&[&tick[..], b"abc"].concat()).unwrap_err();
    assert!(error.to_string().contains("there are bytes after the message"), "{error}");
}

#[test]
fn a_shape_without_a_place_names_the_modes() {
    #[derive(Serialize, Deserialize)]
    struct Reading {
        device: u64,
    }
    let error =
        Postcard.encode(&Envelope::new(Reading { device: 1 }, context()), Encoding::Envelope).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("cannot write a `wire::errors::"), "{text}");
    assert!(matches!(error.codec(), "postcard") && error.message_type().ends_with("Reading"));

    let error =
        Json.encode(&Envelope::new(Reading { device: 1 }, context()), Encoding::Envelope).unwrap_err();
    assert!(
        error.to_string().contains("only `Sidecar`, `Prefixed` or `headers` can carry its context"),
        "{error}"
    );
}

/// Counts how many bytes it is asked to parse.
struct Counting<C>(C, Rc<Cell<usize>>);

impl<C: Codec> Codec for Counting<C> {
    type Error = C::Error;
    const NAME: &'static str = C::NAME;
    const NAMED: bool = C::NAMED;
    const SELF_DESCRIBING: bool = C::SELF_DESCRIBING;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        self.0.write(value)
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, C::Error> {
        self.1.set(self.1.get() + bytes.len());
        self.0.read(bytes)
    }

    fn is_bare(&self, bytes: &[u8]) -> bool {
        self.0.is_bare(bytes)
    }

    fn split<'a>(&self, bytes: &'a [u8]) -> Option<Parts<'a>> {
        self.0.split(bytes)
    }
}

/// An invalid message is not parsed twice: neither bare nor in an envelope, in any layout.
#[test]
fn what_cannot_be_decoded_is_parsed_once() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for text in [
        r#"{"Join":{"user":1,"name":5}}"#.to_owned(),
        r#"{"Kick":1}"#.to_owned(),
        format!(r#"{{"__traced":["{parent}",{{"Kick":1}}]}}"#),
        format!(r#"{{"__traced":[{{"traceparent":"{parent}","tracestate":"a=1"}},{{"Kick":1}}]}}"#),
        format!(r#" {{"__traced":["{parent}",{{"Kick":1}}]}}"#),
    ] {
        let codec = Counting(Json, Rc::default());
        let error = codec.decode::<Message>(text.as_bytes()).unwrap_err().to_string();
        assert!(codec.1.get() <= text.len(), "{text}: {}", codec.1.get());
        assert!(error.ends_with("; expected one of the variants Join, Post, Leave, Tick"), "{error}");
    }
}

/// The same of a sidecar, whether its key is there, or only its name somewhere.
#[test]
fn what_cannot_be_decoded_in_a_sidecar_is_parsed_once() {
    #[derive(Serialize, Deserialize, Debug)]
    struct Struct {
        user: u64,
    }
    #[derive(Serialize, Deserialize, Debug)]
    #[serde(tag = "kind")]
    enum Tagged {
        Join { user: u64 },
    }
    #[derive(Serialize, Deserialize, Debug)]
    #[serde(untagged)]
    enum Untagged {
        Join { user: u64 },
    }
    fn assert_parsed_once<M: Serialize + DeserializeOwned + std::fmt::Debug>(text: &str) {
        let cell = Rc::new(Cell::new(0));
        let codec = Sidecar::new(Counting(Json, cell.clone()));
        codec.decode::<M>(text.as_bytes()).unwrap_err();
        assert!(cell.get() <= text.len(), "{text}: {} of {}", cell.get(), text.len());
    }
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for text in [
        format!(r#"{{"__traced":"{parent}","kind":"Join","user":"seven"}}"#),
        format!(r#"{{"kind":"Join","user":"seven","__traced":"{parent}"}}"#),
        format!(r#"{{"kind":"Kick","__traced":"{parent}","#),
        r#"{"kind":"Join","user":"__traced"}"#.to_owned(),
        r#"["__traced"]"#.to_owned(),
        "__traced".to_owned(),
    ] {
        assert_parsed_once::<Struct>(&text);
        assert_parsed_once::<Tagged>(&text);
        assert_parsed_once::<Untagged>(&text);
        assert_parsed_once::<Message>(&text);
    }
    // A map is checked first, because its keys may not be strings. A value that is not a string is not read again.
    for text in [r#"{"__traced":"#, "__traced"] {
        assert_parsed_once::<BTreeMap<u64, u64>>(text);
    }
}

/// A message that is read as whatever there is gets its keys as the format gave them, beside the sidecar's name.
#[test]
fn keys_that_are_no_texts_are_read_beside_the_name_of_the_sidecar() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Numbered(BTreeMap<i64, String>),
        Flags(BTreeMap<bool, String>),
        Pairs(BTreeMap<(u8, i8), String>),
        Texts(BTreeMap<String, String>),
    }
    fn round_trip<C: Codec>(codec: &C) {
        let value = || "about __traced".to_owned();
        for message in [
            Untagged::Numbered([(-1, value()), (70_000, value())].into()),
            Untagged::Flags([(true, value())].into()),
            Untagged::Pairs([((1, -1), value())].into()),
            Untagged::Texts([("a".to_owned(), value())].into()),
        ] {
            let bytes = codec.write(&message).unwrap();
            assert_eq!(codec.decode::<Untagged>(&bytes).unwrap().into_message(), message, "{}", C::NAME);
        }
    }
    round_trip(&Sidecar::new(MsgpackNamed));
    round_trip(&Sidecar::new(Cbor));
}

/// A unit has no room; it goes, and the context is counted as lost.
#[test]
fn a_message_without_room_goes_bare_in_a_sidecar() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Named { user: u64 },
        List(Vec<u8>),
    }
    let codec = Sidecar::new(Json);
    let before = wire_counters().unplaced;
    let bytes = codec.encode(&Envelope::new(Untagged::List(vec![1]), context()), Encoding::Envelope).unwrap();
    assert_eq!(bytes, b"[1]");
    assert!(wire_counters().unplaced > before);
    let bytes =
        codec.encode(&Envelope::new(Untagged::Named { user: 1 }, context()), Encoding::Envelope).unwrap();
    assert_eq!(codec.decode::<Untagged>(&bytes).unwrap().context(), Some(&context().context));
}

#[test]
fn errors_are_counted_by_message_and_codec() {
    #[derive(Serialize, Deserialize)]
    enum OnlyHere {
        One,
    }
    for _ in 0..3 {
        assert!(Json.decode::<OnlyHere>(b"5").is_err());
    }
    let counted = wire_counters().decode_errors;
    let entry =
        counted.iter().find(|((message, codec), _)| message.ends_with("OnlyHere") && *codec == "JSON");
    assert_eq!(entry.map(|(_, count)| *count), Some(3));
    assert_eq!(Json.write(&OnlyHere::One).unwrap(), br#""One""#);
}
