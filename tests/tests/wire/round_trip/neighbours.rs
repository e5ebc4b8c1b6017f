//! Neighbours of the types that were once lost or mistaken: the same mistake in other words.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::ops::Bound;

use serde::de::{self, DeserializeOwned, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shapes::wrappers::{Newtype, Transparent};
use super::shapes::{assert_all_read, assert_refused};
use super::{Ron, Seen, check};
use crate::support::{Message, Shape, context, messages};
use traced_actor::Envelope;
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, FormatError, Json, MsgpackNamed, Postcard};
use traced_actor_wire::{Codec, Encoding, Prefixed, Sidecar};

/// In one text format and one binary one, and in every mode.
fn check_some<M: Shape>(messages: &[M]) -> [Seen; 4] {
    [
        check(&Json, "a variant", messages),
        check(&Postcard, "a variant", messages),
        check(&Sidecar::new(Json), "a sidecar", messages),
        check(&Prefixed::new(Json), "a frame", messages),
    ]
}

/// In the mode of a variant the messages are refused, and a frame brings all of them back.
#[track_caller]
fn assert_only_a_frame<M: Shape>(messages: &[M]) -> Seen {
    let [json, postcard, sidecar, frame] = check_some(messages);
    assert_refused(json);
    assert_eq!(postcard.read, 0, "{postcard:?}");
    assert_all_read(frame);
    sidecar
}

/// Checks messages of an enum with serde's default encoding, if the format holds it.
#[track_caller]
fn assert_a_variant<M: Shape>(messages: &[M]) {
    let [json, postcard, sidecar, frame] = check_some(messages);
    for seen in [json, postcard, frame] {
        assert_eq!(seen.held, messages.len(), "{seen:?}");
        assert_all_read(seen);
    }
    assert_refused(sidecar);
}

// ===== beside `untagged_variant.rs`: a variant that catches what is unknown =====

#[test]
fn catch_alls_of_every_content() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Text {
        Paid {
            cents: u32,
        },
        Closed,
        #[serde(untagged)]
        Unknown(String),
    }
    assert_only_a_frame(&[Text::Paid { cents: 5 }, Text::Closed, Text::Unknown("refund".into())]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Tuple {
        Paid(u32),
        #[serde(untagged)]
        Unknown(u8, String),
    }
    assert_only_a_frame(&[Tuple::Paid(5), Tuple::Unknown(1, "__traced".into())]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Unit {
        Paid(u32),
        #[serde(untagged)]
        Nothing,
    }
    assert_only_a_frame(&[Unit::Paid(5), Unit::Nothing]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Map {
        Paid(u32),
        #[serde(untagged)]
        Unknown(BTreeMap<String, Value>),
    }
    let unknown: BTreeMap<_, _> = [("__traced_".to_owned(), serde_json::json!(["", {"Paid": 1}]))].into();
    assert_only_a_frame(&[Map::Paid(5), Map::Unknown(unknown)]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Two {
        Paid(u32),
        #[serde(untagged)]
        Number(i64),
        #[serde(untagged)]
        Numbers(Vec<i64>),
    }
    assert_only_a_frame(&[Two::Paid(5), Two::Number(-1), Two::Numbers(vec![1, 2])]);
}

/// The catch-all of an enum *within* a message does not concern its envelope.
#[test]
fn a_catch_all_further_in_is_none_of_the_message() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Event {
        Paid(u32),
        #[serde(untagged)]
        Unknown(Value),
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Outer {
        Event(Event),
        Events { list: Vec<Event> },
    }
    let envelope = serde_json::json!({"__traced": ["", {"Paid": 5}]});
    let [json, _, sidecar, frame] = check_some(&[
        Outer::Event(Event::Paid(5)),
        Outer::Event(Event::Unknown(envelope.clone())),
        Outer::Events { list: vec![Event::Unknown(envelope), Event::Paid(1)] },
    ]);
    assert_all_read(json);
    assert_refused(sidecar);
    assert_all_read(frame);
}

// ===== beside `untagged_of_enums.rs` =====

#[test]
fn untagged_enums_of_what_holds_enums() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Chat {
        Say(String),
        Quiet,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    enum Any<A, B> {
        First(A),
        Second(B),
    }
    let (say, quiet) = (|| Chat::Say("hi".into()), Chat::Quiet);
    assert_only_a_frame(&[Any::First(say()), Any::First(quiet), Any::Second(Message::Leave(1))]);
    assert_only_a_frame(&[Any::First(Newtype(say())), Any::Second(Newtype(Message::Leave(1)))]);
    assert_only_a_frame(&[Any::First(Box::new(say())), Any::Second(Ok::<u8, String>(1))]);
    assert_only_a_frame(&[Any::First(Transparent { message: say() }), Any::Second(vec![say()])]);
    assert_only_a_frame(&[Any::First(Any::<Chat, u8>::First(say())), Any::Second(Any::<u8, Chat>::First(1))]);
    assert_only_a_frame(&[Any::First(Some(say())), Any::Second(3_u8)]);
}

#[test]
fn untagged_enums_of_maps_and_structs_have_a_sidecar() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Reading {
        device: u64,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    enum Any {
        Reading(Reading),
        Names(BTreeMap<String, Option<String>>),
    }
    let sidecar = assert_only_a_frame(&[
        Any::Reading(Reading { device: 1 }),
        Any::Names([("a".to_owned(), None), ("b".to_owned(), Some("__traced".to_owned()))].into()),
    ]);
    assert_all_read(sidecar);
}

// ===== beside those: tags, and what is in them =====

#[test]
fn tagged_enums_with_every_content() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type", content = "body")]
    enum Adjacent {
        List(Vec<u8>),
        Pair(u8, String),
        Nested(Message),
        Map(BTreeMap<u64, String>),
        Nothing(()),
        Maybe(Option<u8>),
        Wide(i128),
        Unit,
    }
    let sidecar = assert_only_a_frame(&[
        Adjacent::List(vec![127, 0]),
        Adjacent::Pair(1, "__traced".into()),
        Adjacent::Nested(Message::Leave(1)),
        Adjacent::Nested(Message::Tick),
        Adjacent::Map([(7, "seven".to_owned())].into()),
        Adjacent::Nothing(()),
        Adjacent::Maybe(None),
        Adjacent::Maybe(Some(1)),
        Adjacent::Wide(-1),
        Adjacent::Unit,
    ]);
    assert!(sidecar.held >= 8, "{sidecar:?}");
    assert_all_read(sidecar);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Inner {
        list: Vec<Message>,
        note: Option<String>,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type")]
    enum Internal {
        Inner(Inner),
        Map(BTreeMap<String, u64>),
        Numbered(BTreeMap<u64, u64>),
        List(Vec<u8>),
        Boxed(Box<Inner>),
        Value(Value),
        Empty {},
        Unit,
    }
    let inner = || Inner { list: messages(), note: None };
    let all = [
        Internal::Inner(inner()),
        Internal::Map([("a".to_owned(), 1)].into()),
        Internal::Numbered([(7, 1)].into()),
        Internal::List(vec![1]),
        Internal::Boxed(Box::new(inner())),
        Internal::Empty {},
        Internal::Unit,
    ];
    let sidecar = assert_only_a_frame(&all);
    // serde itself writes no list there, and reads no number as a key.
    assert_eq!(sidecar.held, 5, "{sidecar:?}");
    assert_all_read(sidecar);
    assert_only_a_frame(&[Internal::Value(serde_json::json!({"a": [1, {"b": null}]}))]);
    check(&Sidecar::new(Cbor), "a sidecar", &all);
    check(&Sidecar::new(MsgpackNamed), "a sidecar", &all);
}

// ===== `Option`, `Result`, `remote`, `transparent` and others of their kind =====

#[test]
fn options_in_options_have_no_place_and_results_have() {
    for message in [Some(Some(Message::Tick)), Some(None), None] {
        let [json, postcard, ..] = check_some(&[message]);
        assert_eq!((json.read, postcard.read), (0, 0));
    }
    assert_a_variant(&[Ok::<_, Message>(Ok::<_, u8>(Message::Leave(1))), Ok(Err(7)), Err(Message::Tick)]);
    assert_a_variant(&[Ok::<Option<Message>, String>(None), Ok(Some(Message::Tick)), Err("no".into())]);
    assert_a_variant(&[Bound::Included(127_u8), Bound::Excluded(0), Bound::Unbounded]);
    assert_a_variant(&messages().into_iter().map(Box::new).collect::<Vec<_>>());
    assert_a_variant(&messages().into_iter().map(Cow::<'static, Message>::Owned).collect::<Vec<_>>());
}

#[test]
fn newtypes_and_transparent_structs_around_enums() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(transparent)]
    struct Hidden(Newtype<Transparent<Message>>);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(from = "Message", into = "Message")]
    struct Both(Message);
    impl From<Message> for Both {
        fn from(message: Message) -> Self {
            Self(message)
        }
    }
    impl From<Both> for Message {
        fn from(Both(message): Both) -> Self {
            message
        }
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct With(#[serde(deserialize_with = "read", serialize_with = "write")] Message);
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Message, D::Error> {
        Message::deserialize(deserializer)
    }
    fn write<S: Serializer>(message: &Message, serializer: S) -> Result<S::Ok, S::Error> {
        message.serialize(serializer)
    }
    let all = |wrap: fn(Message) -> Newtype<Newtype<Message>>| messages().into_iter().map(wrap).collect();
    let nested: Vec<_> = all(|message| Newtype(Newtype(message)));
    assert_a_variant(&nested);
    assert_a_variant(
        &messages().into_iter().map(|message| Hidden(Newtype(Transparent { message }))).collect::<Vec<_>>(),
    );
    assert_a_variant(&messages().into_iter().map(Both).collect::<Vec<_>>());
    assert_a_variant(&messages().into_iter().map(With).collect::<Vec<_>>());
}

/// Another type is written for people than for machines: each form is asked for as it is written.
#[test]
fn a_type_with_two_forms_is_what_it_is_in_each() {
    // A text for people, and an enum in binary formats.
    let addresses: [IpAddr; 2] = [[127, 0, 0, 1].into(), [0_u16, 0, 0, 0, 0, 0, 0, 1].into()];
    let [json, postcard, _, frame] = check_some(&addresses);
    assert_refused(json);
    assert_all_read(postcard);
    assert_all_read(frame);

    /// An enum for people, and a number in binary formats.
    #[derive(Debug, Clone, PartialEq)]
    struct Level(u8);

    #[derive(Serialize, Deserialize)]
    enum Named {
        Level(u8),
    }

    impl Serialize for Level {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if serializer.is_human_readable() {
                Named::Level(self.0).serialize(serializer)
            } else {
                serializer.serialize_u8(self.0)
            }
        }
    }

    impl<'de> Deserialize<'de> for Level {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            if deserializer.is_human_readable() {
                Named::deserialize(deserializer).map(|Named::Level(level)| Self(level))
            } else {
                u8::deserialize(deserializer).map(Self)
            }
        }
    }
    let [json, postcard, _, frame] = check_some(&[Level(127), Level(0)]);
    assert_all_read(json);
    assert_refused(postcard);
    assert_all_read(frame);
}

// ===== by hand =====

/// Written as a variant, and asked for as something else.
#[test]
fn a_deserialize_that_asks_for_something_else() {
    /// The enum's own visitor, behind another request.
    #[derive(Serialize, Debug, Clone, PartialEq)]
    enum Loose<const ASKS: u8> {
        Set(u64),
    }

    impl<'de, const ASKS: u8> Deserialize<'de> for Loose<ASKS> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Either<const ASKS: u8>;

            impl<'de, const ASKS: u8> Visitor<'de> for Either<ASKS> {
                type Value = Loose<ASKS>;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a `Loose`")
                }

                fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                    deserializer.deserialize_any(self)
                }

                fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let (_, value): (String, Value) =
                        map.next_entry()?.ok_or_else(|| de::Error::custom("no entry"))?;
                    // Whoever takes anything takes an envelope, too.
                    Ok(Loose::Set(value.as_u64().unwrap_or(99)))
                }

                fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                    let (_, content): (String, _) = access.variant()?;
                    content.newtype_variant().map(Loose::Set)
                }
            }
            match ASKS {
                0 => deserializer.deserialize_any(Either),
                1 => deserializer.deserialize_option(Either),
                2 => deserializer.deserialize_map(Either),
                3 => deserializer.deserialize_struct("Loose", &["Set"], Either),
                _ => deserializer.deserialize_newtype_struct("Loose", Either),
            }
        }
    }
    fn refused<const ASKS: u8>() {
        let [json, ..] = check_some(&[Loose::<ASKS>::Set(1), Loose::Set(127)]);
        assert_eq!(json.read, 0, "{ASKS}: {json:?}");
    }
    refused::<0>();
    refused::<1>();
    refused::<2>();
    refused::<3>();
    refused::<4>();
}

/// An enum by hand that accepts any number: only the reserved one is refused, bare as well as with a context.
#[test]
fn an_enum_that_accepts_any_number() {
    #[derive(Debug, Clone, PartialEq)]
    struct Code {
        number: u32,
        value: u64,
    }

    impl Serialize for Code {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_variant("Code", self.number, "Code", &self.value)
        }
    }

    impl<'de> Deserialize<'de> for Code {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Codes;

            impl<'de> Visitor<'de> for Codes {
                type Value = Code;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a code")
                }

                fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Code, A::Error> {
                    let (number, content) = access.variant()?;
                    Ok(Code { number, value: content.newtype_variant()? })
                }
            }
            deserializer.deserialize_enum("Code", &["Code"], Codes)
        }
    }

    fn in_binary<C: Codec>(codec: &C) {
        let all = |numbers: &[u32]| -> Vec<Code> {
            numbers.iter().map(|&number| Code { number, value: 7 }).collect()
        };
        assert_all_read(check(codec, "a variant", &all(&[0, 1, 126, 128, u32::MAX])));
        // Within a newtype, which has no bytes of its own.
        let wrapped: Vec<_> = all(&[3, 126, 128]).into_iter().map(Newtype).collect();
        assert_all_read(check(codec, "a variant", &wrapped));

        let code = Code { number: 127, value: 7 };
        for envelope in [Envelope::bare(code.clone()), Envelope::new(code.clone(), context())] {
            for encoding in [Encoding::Bare, Encoding::Envelope] {
                let error = codec.encode(&envelope, encoding).unwrap_err();
                let error = std::error::Error::source(&error).unwrap().to_string();
                assert!(error.contains("127") && error.contains("reserved"), "{error}");
            }
        }
        codec.encode(&Envelope::bare(Newtype(code.clone())), Encoding::Bare).unwrap_err();
    }
    in_binary(&Postcard);
    in_binary(&Bincode::default());
    in_binary(&Bincode1);
    // The format itself, without a codec.
    postcard::to_allocvec(&Envelope::bare(Code { number: 127, value: 7 })).unwrap_err();
    let bytes = postcard::to_allocvec(&Envelope::bare(Code { number: 128, value: 7 })).unwrap();
    assert_eq!(bytes, postcard::to_allocvec(&Code { number: 128, value: 7 }).unwrap());
}

// ===== beside `sidecar_map_keys.rs` =====

#[test]
fn maps_with_more_kinds_of_keys() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Flat<K: Ord> {
        id: u8,
        #[serde(flatten)]
        others: BTreeMap<K, String>,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    enum Untagged<K: Ord> {
        Map(BTreeMap<K, String>),
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    #[serde(transparent)]
    struct Name(Box<str>);

    fn maps<K: Ord + Clone + std::fmt::Debug + Serialize + DeserializeOwned>(keys: &[K]) -> [Seen; 3] {
        // The name in a value, so that a look at the bytes alone does not tell.
        let map: BTreeMap<K, String> = keys.iter().map(|key| (key.clone(), "__traced".to_owned())).collect();
        check(&Sidecar::new(Cbor), "a sidecar", &[Flat { id: 1, others: map.clone() }]);
        check(&Sidecar::new(MsgpackNamed), "a sidecar", &[Untagged::Map(map.clone())]);
        let map = [map];
        [
            check(&Sidecar::new(Json), "a sidecar", &map),
            check(&Sidecar::new(MsgpackNamed), "a sidecar", &map),
            check(&Sidecar::new(Cbor), "a sidecar", &map),
        ]
    }
    for read in [
        maps(&[String::new(), "7".to_owned(), "true".to_owned(), "__traced_".to_owned()]),
        maps(&[Name("a".into())]),
        maps(&[' ', '"', '\u{10ffff}']),
    ] {
        read.into_iter().for_each(assert_all_read);
    }
    for refused in [
        maps(&[i64::MIN, 0, i64::MAX]),
        maps(&[i128::MIN, 0, i128::MAX]),
        maps(&[0, u128::MAX]),
        maps(&[true, false]),
        maps(&[NonZeroU8::MIN, NonZeroU8::MAX]),
    ] {
        refused.into_iter().for_each(assert_refused);
    }
    // A text for people, and in binary formats an enum with content.
    let [json, ..] = maps::<IpAddr>(&[[127, 0, 0, 1].into(), [0_u16, 0, 0, 0, 0, 0, 0, 1].into()]);
    assert_all_read(json);
    maps(&[Some(Some(1_u8)), Some(None), None]);
    maps(&[[1_u8, 2]]);
    maps(&[Key::Unit, Key::Newtype(1), Key::Tuple(1, 2), Key::Struct { a: 1 }]);
}

/// With content in some variants, and without in others.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { a: u8 },
}

/// Keys that are texts in every format, and another text for people.
#[test]
fn keys_that_are_another_text_for_people() {
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    struct Hex(u16);

    impl Serialize for Hex {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let text = if serializer.is_human_readable() {
                format!("{:#06x}", self.0)
            } else {
                format!("{:04x}", self.0)
            };
            serializer.serialize_str(&text)
        }
    }

    impl<'de> Deserialize<'de> for Hex {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let human_readable = deserializer.is_human_readable();
            let text = String::deserialize(deserializer)?;
            let digits = if human_readable { text.strip_prefix("0x") } else { Some(&*text) };
            let digits =
                digits.filter(|digits| digits.len() == 4).ok_or_else(|| de::Error::custom("no hex"))?;
            u16::from_str_radix(digits, 16).map(Self).map_err(de::Error::custom)
        }
    }
    let map: BTreeMap<Hex, String> = [(Hex(0), "__traced".to_owned()), (Hex(0xffff), String::new())].into();
    assert_all_read(check(&Sidecar::new(Json), "a sidecar", std::slice::from_ref(&map)));
    assert_all_read(check(&Sidecar::new(Cbor), "a sidecar", std::slice::from_ref(&map)));
    assert_all_read(check(&Sidecar::new(MsgpackNamed), "a sidecar", std::slice::from_ref(&map)));
}

/// All types of keys in CBOR, beside a text with the sidecar's name: null and undefined are keys as well.
#[test]
fn every_value_of_cbor_is_a_key() {
    use ciborium::Value;
    let keys = [
        Value::Null,
        Value::Bool(true),
        Value::Integer((-1).into()),
        Value::Integer(u64::MAX.into()),
        Value::Float(0.5),
        Value::Bytes(b"key".to_vec()),
        Value::Text("key".into()),
        Value::Array(vec![Value::Null, Value::Text("__traced".into())]),
        Value::Map(vec![(Value::Text("__traced".into()), Value::Null)]),
        Value::Tag(7, Box::new(Value::Text("tagged".into()))),
    ];
    for key in keys {
        let map = Value::Map(vec![(key.clone(), Value::Text("__traced".into()))]);
        let seen = check(&Sidecar::new(Cbor), "a sidecar", std::slice::from_ref(&map));
        assert_eq!(seen.held, 1, "{key:?}");
        assert_eq!(seen.read > 0, matches!(key, Value::Text(_)), "{key:?}: {seen:?}");
    }
}

// ===== beside `variant_127.rs` =====

/// Flattened, borrowed, wide and empty fields of an enum do not interfere with the envelope.
#[test]
fn enums_with_every_kind_of_field() {
    #[expect(clippy::option_option, reason = "such a field is what is tested")]
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Fields {
        Wide { signed: i128, unsigned: u128 },
        Chars(char, char),
        Nothing(()),
        Units(Vec<()>),
        Empty {},
        Text(Cow<'static, str>),
        Array([u8; 3]),
        Floats(f32, f64),
        Nested(Box<Fields>),
        Maybe(Option<Option<u8>>),
        Numbered(BTreeMap<i64, bool>),
    }
    let [json, postcard, sidecar, frame] = check_some(&[
        Fields::Wide { signed: i128::MIN, unsigned: u128::MAX },
        Fields::Chars('"', '\u{10ffff}'),
        Fields::Nothing(()),
        Fields::Units(vec![(); 127]),
        Fields::Empty {},
        Fields::Text("__traced".into()),
        Fields::Array([127, 0, 255]),
        Fields::Floats(f32::MIN_POSITIVE, f64::MAX),
        Fields::Nested(Box::new(Fields::Nested(Box::new(Fields::Empty {})))),
        Fields::Maybe(None),
        Fields::Maybe(Some(Some(1))),
        Fields::Numbered([(-1, true), (i64::MAX, false)].into()),
    ]);
    for seen in [json, postcard, frame] {
        assert!(seen.held >= 11, "{seen:?}");
        assert_all_read(seen);
    }
    assert_refused(sidecar);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Flattened {
        Open {
            id: u8,
            #[serde(flatten)]
            others: BTreeMap<String, Value>,
        },
        #[serde(other)]
        Unknown,
    }
    let others: BTreeMap<_, _> = [("__traced".to_owned(), serde_json::json!(["", "Tick"]))].into();
    let [json, _, _, frame] = check_some(&[Flattened::Open { id: 1, others }, Flattened::Unknown]);
    assert_all_read(json);
    assert_all_read(frame);
}

/// The content of an enum is read by hand, and its tag by its own visitor.
#[test]
fn an_enum_by_hand_is_an_enum() {
    #[derive(Debug, Clone, PartialEq)]
    struct Op(u32);

    impl Serialize for Op {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_variant("Op", 3, "Op", &self.0)
        }
    }

    impl<'de> Deserialize<'de> for Op {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Tag;
            impl<'de> Deserialize<'de> for Tag {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct Names;
                    impl Visitor<'_> for Names {
                        type Value = Tag;
                        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str("`Op`")
                        }
                        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Tag, E> {
                            if number == 3 { Ok(Tag) } else { Err(E::custom("no such number")) }
                        }
                        fn visit_str<E: de::Error>(self, name: &str) -> Result<Tag, E> {
                            if name == "Op" { Ok(Tag) } else { Err(E::custom("no such name")) }
                        }
                    }
                    deserializer.deserialize_identifier(Names)
                }
            }
            struct Ops;
            impl<'de> Visitor<'de> for Ops {
                type Value = Op;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an `Op`")
                }
                fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Op, A::Error> {
                    let (Tag, content) = access.variant()?;
                    content.newtype_variant().map(Op)
                }
            }
            deserializer.deserialize_enum("Op", &["Op"], Ops)
        }
    }
    assert_a_variant(&[Op(0), Op(127)]);
}

// ===== beside `ron_newtype.rs` =====

/// RON once more, by who says that its readers skip what they do not know.
#[derive(Debug, Clone, Copy)]
struct Skipping;

impl Codec for Skipping {
    type Error = <Ron as Codec>::Error;

    const NAME: &'static str = "RON with sidecars";
    const NAMED: bool = true;
    const SELF_DESCRIBING: bool = true;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ron.write(value)
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Self::Error> {
        Ron.read(bytes)
    }
}

#[test]
fn every_shape_in_ron() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Reading {
        device: u64,
        message: Message,
        maybe: Option<String>,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Pair(u8, Message);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Unit;
    let readings: Vec<_> = messages()
        .into_iter()
        .map(|message| Reading { device: 127, message, maybe: Some("__traced".into()) })
        .collect();
    assert_all_read(check(&Sidecar::new(Skipping), "a sidecar", &readings));
    let newtypes: Vec<_> = readings.iter().cloned().map(Newtype).collect();
    assert_all_read(check(&Sidecar::new(Skipping), "a sidecar", &newtypes));
    assert_all_read(check(&Sidecar::new(Skipping), "a sidecar", &[BTreeMap::from([("a".to_owned(), 1_u8)])]));
    assert_refused(check(&Sidecar::new(Skipping), "a sidecar", &[BTreeMap::from([(7_u8, 1_u8)])]));
    assert_refused(check(&Sidecar::new(Skipping), "a sidecar", &messages()));
    assert_all_read(check(&Skipping, "a variant", &messages()));
    assert_refused(check(&Skipping, "a variant", &readings));
    assert_refused(check(&Ron, "a variant", &[Pair(1, Message::Tick)]));
    assert_refused(check(&Ron, "a variant", &[Unit]));
    let transparent: Vec<_> = messages().into_iter().map(|message| Transparent { message }).collect();
    assert_all_read(check(&Ron, "a variant", &transparent));
    let nested: Vec<_> = transparent.into_iter().map(|message| Newtype(Newtype(message))).collect();
    assert_all_read(check(&Ron, "a variant", &nested));
}
