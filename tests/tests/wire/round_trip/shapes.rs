//! The generated message types.

use std::collections::BTreeMap;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::{Seen, check_all, check_keys, check_some, check_wrapped};
use crate::support::{Message, messages};

/// Types that wrap a message.
pub(super) mod wrappers {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    pub(crate) struct Newtype<M>(pub(crate) M);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(transparent)]
    pub(crate) struct Transparent<M> {
        pub(crate) message: M,
    }

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    pub(crate) struct Flat<M> {
        pub(crate) id: u8,
        #[serde(flatten)]
        pub(crate) message: M,
    }

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    pub(crate) enum InVariant<M> {
        Struct { message: M },
    }

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    pub(crate) enum Untagged<M> {
        Message(M),
        Other { never: u8 },
    }

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type", content = "body")]
    pub(crate) enum Adjacent<M> {
        Message(M),
    }

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type")]
    pub(crate) enum Internal<M> {
        Message { message: M },
    }

    /// Written and read as another type.
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(from = "Newtype<M>", into = "Newtype<M>", bound(serialize = "M: Serialize + Clone"))]
    pub(crate) struct Converted<M>(pub(crate) M);

    impl<M> From<Newtype<M>> for Converted<M> {
        fn from(newtype: Newtype<M>) -> Self {
            Self(newtype.0)
        }
    }

    impl<M> From<Converted<M>> for Newtype<M> {
        fn from(converted: Converted<M>) -> Self {
            Self(converted.0)
        }
    }
}

/// Asserts that envelopes of a shape came back in every format that holds it, without one refusal.
#[track_caller]
pub(super) fn assert_all_read(seen: Seen) {
    assert!(seen.held > 0 && seen.read > 0 && seen.refused == 0, "{seen:?}");
}

/// Asserts that envelopes of a shape are refused.
#[track_caller]
pub(super) fn assert_refused(seen: Seen) {
    assert!(seen.held > 0 && seen.read == 0 && seen.refused > 0, "{seen:?}");
}

#[test]
fn an_enum_as_serde_derives_it() {
    let [json, postcard, sidecar, frame] = check_wrapped(&messages());
    assert_all_read(json);
    assert_all_read(postcard);
    assert_refused(sidecar);
    assert_all_read(frame);
}

#[test]
fn a_struct() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Reading {
        device: u64,
        text: String,
    }
    let readings =
        [Reading { device: 127, text: "__traced".into() }, Reading { device: 0, text: String::new() }];
    let [json, postcard, sidecar, frame] = check_wrapped(&readings);
    assert_refused(json);
    assert_refused(postcard);
    assert_all_read(sidecar);
    assert_all_read(frame);
}

/// serde's usual idiom for what later peers may send.
#[test]
fn an_enum_with_an_untagged_catch_all() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Event {
        Paid {
            cents: u32,
        },
        Refunded(u32),
        Closed,
        #[serde(untagged)]
        Unknown(serde_json::Value),
    }
    let envelope = serde_json::json!({"__traced": ["", {"Paid": {"cents": 5}}]});
    let events = [
        Event::Paid { cents: 5 },
        Event::Refunded(5),
        Event::Closed,
        Event::Unknown(serde_json::json!({"kind": 3})),
        Event::Unknown(envelope),
    ];
    let [json, _, sidecar, frame] = check_wrapped(&events[..4]);
    assert_refused(json);
    assert!(sidecar.refused > 0, "what is a variant has no place for a key: {sidecar:?}");
    assert_all_read(frame);
    // A type that accepts any value is never read as an envelope, even if the value looks like one.
    check_all(&events);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Typed {
        Known(u8),
        #[serde(untagged)]
        Unknown {
            kind: String,
        },
    }
    let [json, ..] = check_all(&[Typed::Known(1), Typed::Unknown { kind: "x".into() }]);
    assert_refused(json);
}

#[test]
fn an_untagged_enum_of_enums() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Chat {
        Say(String),
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    enum Any {
        Message(Message),
        Chat(Chat),
    }
    let all: Vec<_> =
        messages().into_iter().map(Any::Message).chain([Any::Chat(Chat::Say("hi".into()))]).collect();
    let [json, _, sidecar, frame] = check_wrapped(&all);
    assert_refused(json);
    assert_refused(sidecar);
    assert_all_read(frame);
}

#[test]
fn enums_with_the_tag_elsewhere() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type")]
    enum Internal {
        Join { user: u64 },
        Nested(Inner),
        Tick,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Inner {
        name: String,
    }
    let [json, _, sidecar, frame] = check_all(&[
        Internal::Join { user: 7 },
        Internal::Nested(Inner { name: "n".into() }),
        Internal::Tick,
    ]);
    assert_refused(json);
    assert_all_read(sidecar);
    assert_all_read(frame);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type", content = "body", deny_unknown_fields)]
    enum Adjacent {
        Join { user: u64 },
        Leave(u64),
        Tick,
    }
    let [json, _, sidecar, frame] =
        check_all(&[Adjacent::Join { user: 7 }, Adjacent::Leave(7), Adjacent::Tick]);
    assert_refused(json);
    assert_all_read(sidecar);
    assert_all_read(frame);
}

/// A `Deserialize` that takes whatever there is, beside a `Serialize` as serde derives it.
#[test]
fn a_deserialize_by_hand() {
    #[derive(Serialize, Debug, Clone, PartialEq)]
    enum Loose {
        Set(u64),
        Other(String),
    }

    impl<'de> Deserialize<'de> for Loose {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct AnyMap;

            impl<'de> Visitor<'de> for AnyMap {
                type Value = Loose;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a map of one entry")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                    let key: String = map.next_key()?.ok_or_else(|| de::Error::custom("empty"))?;
                    match &*key {
                        "Set" => Ok(Loose::Set(map.next_value()?)),
                        "Other" => Ok(Loose::Other(map.next_value()?)),
                        _ => {
                            let _: de::IgnoredAny = map.next_value()?;
                            Ok(Loose::Other(key))
                        }
                    }
                }
            }
            deserializer.deserialize_any(AnyMap)
        }
    }
    let [json, _, sidecar, frame] = check_wrapped(&[Loose::Set(1), Loose::Other("x".into())]);
    assert_refused(json);
    assert_refused(sidecar);
    assert_all_read(frame);
}

/// A map by hand that is read as an enum: one more key would be one too many.
#[test]
fn a_serialize_by_hand() {
    #[derive(Deserialize, Debug, Clone, PartialEq)]
    enum Order {
        Ship(u32),
    }

    impl Serialize for Order {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self::Ship(id) = self;
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("Ship", id)?;
            map.end()
        }
    }
    let [json, _, sidecar, frame] = check_all(&[Order::Ship(3)]);
    assert_refused(json);
    assert_refused(sidecar);
    assert_all_read(frame);
}

#[test]
fn an_enum_of_another_crate() {
    mod other {
        #[derive(Debug, Clone, PartialEq)]
        pub(super) enum Foreign {
            Join(u64),
            Tick,
        }
    }
    use other::Foreign;
    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Foreign")]
    enum Definition {
        Join(u64),
        Tick,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Ours(#[serde(with = "Definition")] Foreign);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(transparent)]
    struct Plain {
        #[serde(with = "Definition")]
        message: Foreign,
    }
    let [json, postcard, sidecar, frame] = check_all(&[Ours(Foreign::Join(1)), Ours(Foreign::Tick)]);
    assert_all_read(json);
    assert_all_read(postcard);
    assert_refused(sidecar);
    assert_all_read(frame);
    assert_all_read(check_all(&[Plain { message: Foreign::Tick }])[0]);
}

#[test]
fn serde_s_other_attributes() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Extra {
        x: u8,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Attributes {
        #[serde(alias = "enter")]
        Join {
            #[serde(default)]
            user: u64,
            #[serde(flatten)]
            extra: Extra,
        },
        #[serde(rename = "l")]
        Leave(#[serde(with = "as_text")] u64),
        #[serde(skip)]
        Never,
        #[serde(other)]
        Unknown,
    }
    mod as_text {
        use serde::{Deserialize, Deserializer, Serializer};

        #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
        pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&number.to_string())
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        }
    }
    let all =
        [Attributes::Join { user: 1, extra: Extra { x: 2 } }, Attributes::Leave(3), Attributes::Unknown];
    let [json, postcard, ..] = check_all(&all);
    assert_all_read(json);
    assert_all_read(postcard);
    assert!(serde_json::to_vec(&Attributes::Never).is_err(), "serde itself refuses it");
}

/// Keys of every kind that a format may have, in a map alone and in one that is flattened.
#[test]
fn maps_with_keys_of_every_kind() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    enum Unit {
        One,
        Two,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    struct Id<T>(T);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Shelves<K: Ord>(BTreeMap<K, String>);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Flat<K: Ord> {
        id: u8,
        #[serde(flatten)]
        others: BTreeMap<K, String>,
    }

    fn maps<K>(key: K) -> [Seen; 4]
    where
        K: Ord + Clone + std::fmt::Debug + Serialize + serde::de::DeserializeOwned,
    {
        // The name in a value, so that a look at the bytes alone does not tell.
        let map: BTreeMap<K, String> = [(key, "__traced".to_owned())].into();
        check_keys(&[Flat { id: 1, others: map.clone() }]);
        // Without an entry there is no key of another kind.
        check_keys(&[map.clone(), BTreeMap::new()]);
        let [json, postcard, sidecar, frame] = check_keys(&[Shelves(map)]);
        assert_eq!((json.read, postcard.read), (0, 0));
        [json, postcard, sidecar, frame]
    }
    for read in [maps("text".to_owned()), maps(Id("text".to_owned())), maps(Unit::Two), maps('c')] {
        assert_all_read(read[2]);
    }
    for refused in [maps(7_u64), maps(-7_i64), maps(true), maps(Id(7_u8)), maps(u64::MAX), maps(7_i128)] {
        assert_refused(refused[2]);
        assert_all_read(refused[3]);
    }
    // JSON holds none of these.
    maps((1_u8, 2_u8));
    maps(vec![1_u8]);
    maps(Some(1_u8));
    maps(());
    maps(BTreeMap::from([(1_u8, 2_u8)]));
    maps(Message127::Key(3));
    // In the place of the sidecar's key.
    for reserved in [maps("__traced".to_owned()), maps(Id("__traced".to_owned()))] {
        assert_eq!((reserved[2].read, reserved[2].held), (0, 1));
        assert_all_read(reserved[3]);
    }
}

/// A key that is more than a name.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Message127 {
    Key(u8),
}

#[test]
fn what_is_neither_an_enum_nor_a_map() {
    let [json, postcard, ..] = check_all(&[127_u64, 0, u64::MAX]);
    assert_refused(json);
    assert_refused(postcard);
    check_some(&["__traced".to_owned(), "\u{7f}".to_owned(), String::new()]);
    check_some(&[vec![127_u8, 0, 0], vec![127, 2, 0], vec![]]);
    check_some(&[vec!["__traced".to_owned()]]);
    check_some(&[(127_u8, 0_u8, 1_u8)]);
    check_some(&[()]);
    check_some(&[Some(127_u8), None]);
    check_some(&[127_i128, -1]);
    check_some(&['\u{7f}']);
    check_some(&[true]);
    check_some(&[0.5_f64]);
    check_some(&[
        serde_json::json!({"__traced": ["", "Tick"]}),
        serde_json::json!({"a": 1}),
        serde_json::json!(5),
    ]);
}
