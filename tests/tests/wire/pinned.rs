//! The code that `#[traced_actor]` generates for pinned numbers and retired shapes: with parameters, lifetimes,
//! `#[cfg]` and serde's attributes, compared with the earlier version of the enum, in each codec.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use traced_actor::{Envelope, traced_actor};
use traced_actor_wire::versions::{AtSchema, Downgrade};
use traced_actor_wire::{Codec, Encoding, codec::Json, codec::Postcard};

use crate::support::{Shape, assert_arrived, context, decided, enveloped, with_each_codec};

/// Checks that messages of an old node are read as today's messages, and that today's are written for it with the same
/// bytes, if possible; bare and in an envelope. Today's messages survive a round trip.
fn both_ways<C: Codec, Old: Shape, New: Shape + Downgrade>(codec: &C, pairs: &[(Old, New)]) {
    for (old, new) in pairs {
        let bare = codec.write(old).unwrap();
        assert_eq!(codec.read::<New>(&bare).unwrap(), *new, "{}", C::NAME);
        assert_eq!(codec.write(&AtSchema::new(new, 0)).unwrap(), bare, "{}", C::NAME);
        let today = codec.write(new).unwrap();
        assert_eq!(codec.read::<New>(&today).unwrap(), *new, "{}", C::NAME);
        for carried in decided() {
            let in_envelope = codec.encode(&enveloped(old, &carried), Encoding::Envelope).unwrap();
            let at_schema = codec.encode(&enveloped(new, &carried).at_schema(0), Encoding::Envelope).unwrap();
            assert_eq!(at_schema, in_envelope, "{}", C::NAME);
            let today = codec.encode(&enveloped(new, &carried), Encoding::Envelope).unwrap();
            for bytes in [in_envelope, today] {
                let arrived = codec.decode::<New>(&bytes).unwrap();
                assert_eq!(arrived.message(), new, "{}", C::NAME);
                assert_arrived(&carried, arrived.state());
            }
        }
    }
}

/// A sensor, with the type of its measured values.
trait Sensor {
    type Value;
}

#[derive(Debug, Clone, PartialEq)]
struct Thermometer;

impl Sensor for Thermometer {
    type Value = i16;
}

/// Implements nothing: parameters that serde does not ask anything of.
#[derive(Debug, Clone, PartialEq)]
struct Nothing;

#[test]
fn parameters() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Before<T> {
        Items(Vec<T>),
        One { item: T },
    }
    #[traced_actor]
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[traced(legacy(OneV1<T>, name = "One", index = 1, upgrade = OneV1::up, downgrade = OneV1::down))]
    enum Message<T, S: Sensor, P, const N: usize>
    where
        T: Clone + Debug,
    {
        #[traced(index = 2, since = 1)]
        Two { first: T, second: Option<T> },
        #[traced(index = 3, since = 1)]
        Value(S::Value, PhantomData<fn(S) -> P>),
        #[traced(index = 0)]
        Items(Vec<T>),
        #[serde(skip)]
        Local([P; N]),
    }
    #[derive(Serialize, Deserialize)]
    struct OneV1<T> {
        item: T,
    }
    impl<T: Clone + Debug> OneV1<T> {
        fn up<S: Sensor, P, const N: usize>(self) -> Message<T, S, P, N> {
            Message::Two { first: self.item, second: None }
        }
        fn down<S: Sensor, P, const N: usize>(message: &Message<T, S, P, N>) -> Option<Self> {
            match message {
                Message::Two { first, second: None } => Some(Self { item: first.clone() }),
                _ => None,
            }
        }
    }
    type Today = Message<String, Thermometer, Nothing, 2>;

    fn check<C: Codec>(codec: &C) {
        let one = |text: &str| Message::Two { first: text.to_owned(), second: None };
        let items = vec!["a".to_owned(), "b".to_owned()];
        let pairs: [(Before<String>, Today); 2] = [
            (Before::Items(items.clone()), Message::Items(items)),
            (Before::One { item: "x".into() }, one("x")),
        ];
        both_ways(codec, &pairs);
        let value = Today::Value(-7, PhantomData);
        let bytes = codec.write(&value).unwrap();
        assert_eq!(codec.read::<Today>(&bytes).unwrap(), value);
        let error =
            codec.encode(&Envelope::bare(value).at_schema(0), Encoding::Bare).unwrap_err().to_string();
        assert!(error.contains("came with schema 1: the peer has schema 0"), "{error}");
        assert!(codec.write(&Today::Local([Nothing, Nothing])).is_err());
    }
    with_each_codec!(check);
}

/// A message that holds others of its kind, which may be in an old shape.
#[test]
fn recursion() {
    #[traced_actor]
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[traced(legacy(Single<T>, name = "Single", index = 0))]
    enum Tree<T> {
        #[traced(index = 1)]
        Nodes(Vec<Self>),
        #[traced(index = 2)]
        Leaf(T),
    }
    #[derive(Serialize, Deserialize)]
    struct Single<T>(T);
    impl<T> From<Single<T>> for Tree<T> {
        fn from(Single(leaf): Single<T>) -> Self {
            Self::Leaf(leaf)
        }
    }
    let tree = Tree::Nodes(vec![Tree::Leaf(7), Tree::Nodes(vec![Tree::Leaf(8)])]);
    assert_eq!(Json.read::<Tree<u8>>(br#"{"Nodes":[{"Single":7},{"Nodes":[{"Leaf":8}]}]}"#).unwrap(), tree);
    assert_eq!(Postcard.read::<Tree<u8>>(&[1, 2, 0, 7, 1, 1, 2, 8]).unwrap(), tree);
    assert_eq!(Postcard.write(&tree).unwrap(), [1, 2, 2, 7, 1, 1, 2, 8]);
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum TextBefore<'a> {
    Bytes(&'a [u8]),
    Text(&'a str),
}

#[traced_actor]
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[traced(legacy(TextV1<'a>, name = "Text", index = 1, downgrade = TextV1::of))]
enum Text<'a, 'b> {
    #[traced(index = 2)]
    Titled {
        title: Option<&'a str>,
        text: &'a str,
        #[serde(borrow)]
        note: Cow<'b, str>,
    },
    #[traced(index = 0)]
    Bytes(&'a [u8]),
}

#[derive(Serialize, Deserialize)]
struct TextV1<'a>(&'a str);

impl<'a> From<TextV1<'a>> for Text<'a, '_> {
    fn from(TextV1(text): TextV1<'a>) -> Self {
        Self::Titled { title: None, text, note: Cow::Borrowed("") }
    }
}

impl<'a> TextV1<'a> {
    fn of(text: &Text<'a, '_>) -> Option<Self> {
        match text {
            Text::Titled { text, .. } => Some(Self(text)),
            Text::Bytes(_) => None,
        }
    }
}

/// postcard alone has bytes that can be borrowed as a plain `&[u8]`.
#[test]
fn what_is_borrowed_lies_in_the_input() {
    fn lies_in(part: &str, whole: &[u8]) -> bool {
        whole.as_ptr_range().contains(&part.as_ptr())
    }
    let titled = |text| Text::Titled { title: None, text, note: Cow::Borrowed("") };
    let pairs =
        [(TextBefore::Bytes(b"abc"), Text::Bytes(b"abc")), (TextBefore::Text("hello"), titled("hello"))];
    for (old, new) in &pairs {
        let old_bytes = postcard::to_stdvec(old).unwrap();
        assert_eq!(postcard::from_bytes::<Text<'_, '_>>(&old_bytes).unwrap(), *new);
        assert_eq!(postcard::to_stdvec(&AtSchema::new(new, 0)).unwrap(), old_bytes);
    }
    let packed = rmp_serde::to_vec(&Envelope::new(TextBefore::Text("hello"), context())).unwrap();
    let read: Envelope<Text<'_, '_>> = rmp_serde::from_slice(&packed).unwrap();
    assert_eq!(*read.message(), titled("hello"));
    for json in [r#"{"Text":"hello"}"#, r#"{"Titled":{"title":"t","text":"hello","note":"n"}}"#] {
        let Text::Titled { title, text, note } = serde_json::from_str(json).unwrap() else {
            panic!("{json}")
        };
        assert!(text == "hello" && lies_in(text, json.as_bytes()), "an old shape borrows as well");
        if let Some(title) = title {
            assert!(lies_in(title, json.as_bytes()));
            assert!(
                matches!(note, Cow::Borrowed(note) if lies_in(note, json.as_bytes())),
                "as `borrow` says"
            );
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn double<S: serde::Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(value * 2)
}

fn halve<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    u32::deserialize(deserializer).map(|value| value / 2)
}

/// Schema 0 of the next test; `Opaque` was never on the wire.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum NoticeBefore {
    UserJoined {
        user_id: u64,
    },
    Scaled(#[serde(serialize_with = "double", deserialize_with = "halve")] u32),
    #[serde(rename = "bye!")]
    UserLeft {
        user_id: u64,
    },
}

#[traced_actor]
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[traced(legacy(LeftV1, name = "bye!", index = 2, upgrade = LeftV1::up, downgrade = LeftV1::down))]
enum Notice<P = u8> {
    // In serde's own numbering a skipped variant in front makes what is written unreadable in binary formats.
    #[serde(skip)]
    Opaque(PhantomData<P>),
    #[traced(index = 3, since = 1)]
    UserLeft {
        user_id: u64,
        #[serde(rename = "why")]
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    #[traced(index = 1)]
    Scaled(#[serde(serialize_with = "double", deserialize_with = "halve")] u32),
    #[traced(index = 0)]
    #[serde(alias = "joined")]
    UserJoined {
        user_id: u64,
        #[serde(skip)]
        cached: Option<P>,
    },
    #[cfg(any())]
    #[traced(index = 8)]
    Gone(NoSuchType),
    #[cfg(test)]
    #[traced(index = 4, since = 1)]
    #[serde(skip_deserializing)]
    OnlyWritten,
    #[traced(index = 5, since = 1)]
    #[serde(skip_serializing)]
    OnlyRead(u8),
    #[traced(index = 6, since = 1)]
    #[serde(other)]
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LeftV1 {
    user_id: u64,
}

impl LeftV1 {
    fn up<P>(self) -> Notice<P> {
        Notice::UserLeft { user_id: self.user_id, reason: None }
    }
    fn down<P>(notice: &Notice<P>) -> Option<Self> {
        match notice {
            Notice::UserLeft { user_id, .. } => Some(Self { user_id: *user_id }),
            _ => None,
        }
    }
}

#[test]
fn attributes() {
    fn check<C: Codec>(codec: &C) {
        let pairs: [(NoticeBefore, Notice); 2] = [
            (NoticeBefore::UserJoined { user_id: 7 }, Notice::UserJoined { user_id: 7, cached: None }),
            (NoticeBefore::Scaled(21), Notice::Scaled(21)),
        ];
        both_ways(codec, &pairs);
        let old = codec.write(&NoticeBefore::UserLeft { user_id: 9 }).unwrap();
        let left: Notice = codec.read(&old).unwrap();
        assert_eq!(left, Notice::UserLeft { user_id: 9, reason: None }, "{}", C::NAME);
        assert_eq!(codec.write(&AtSchema::new(&left, 0)).unwrap(), old);
        // A variant that can only be written is unknown to the reader, and falls into the catch-all.
        let written = codec.write(&Notice::<u8>::OnlyWritten).unwrap();
        assert_eq!(codec.read::<Notice>(&written).unwrap(), Notice::Unknown, "{}", C::NAME);
        assert!(codec.write(&Notice::<u8>::OnlyRead(1)).is_err());
        assert!(codec.write(&Notice::<u8>::Opaque(PhantomData)).is_err());
    }
    with_each_codec!(check);

    let json = |text: &str| Json.read::<Notice>(text.as_bytes()).unwrap();
    assert_eq!(json(r#"{"joined":{"userId":1}}"#), Notice::UserJoined { user_id: 1, cached: None });
    assert_eq!(json(r#"{"only-read":3}"#), Notice::OnlyRead(3));
    assert_eq!(json(r#""nobody-knows""#), Notice::Unknown);
    assert_eq!(
        json(r#"{"user-left":{"userId":1,"why":"x"}}"#),
        Notice::UserLeft { user_id: 1, reason: Some("x".into()) }
    );
    assert_eq!(Postcard.read::<Notice>(&[5, 3]).unwrap(), Notice::OnlyRead(3));
    assert_eq!(Postcard.read::<Notice>(&[0, 3]).unwrap(), Notice::UserJoined { user_id: 3, cached: None });
}

/// One side alone, each with an old shape.
#[test]
fn one_side() {
    #[traced_actor]
    #[derive(serde::Serialize)]
    #[traced(legacy(Old, name = "Old", index = 0, downgrade = Old::of))]
    enum Out {
        #[traced(index = 1)]
        New(u8),
        #[traced(index = 2)]
        Other,
    }
    #[traced_actor]
    #[derive(::serde::Deserialize, Debug, PartialEq)]
    #[traced(legacy(Old, name = "Old", index = 0, upgrade = checked))]
    enum In {
        #[traced(index = 1)]
        New(u8),
    }
    #[derive(Serialize, Deserialize)]
    struct Old(u8);
    impl Old {
        fn of(out: &Out) -> Option<Self> {
            match out {
                Out::New(new) => Some(Self(*new)),
                Out::Other => None,
            }
        }
    }
    fn checked(Old(old): Old) -> Result<In, impl Display> {
        if old < 100 { Ok(In::New(old)) } else { Err(format!("{old} is too large")) }
    }
    fn check<C: Codec>(codec: &C) {
        let written = codec.write(&AtSchema::new(&Out::New(7), 0)).unwrap();
        assert_eq!(codec.read::<In>(&written).unwrap(), In::New(7), "{}", C::NAME);
        // Bare: an envelope is for types that are read, too.
        let today = codec.write(&Out::New(8)).unwrap();
        assert_eq!(codec.decode::<In>(&today).unwrap().into_message(), In::New(8), "{}", C::NAME);
        assert!(
            codec.write(&AtSchema::new(&Out::Other, 0)).is_ok(),
            "{}: without `since`, known to all",
            C::NAME
        );
        // A value that `upgrade` refuses is an error with the reason.
        let large = codec.write(&AtSchema::new(&Out::New(200), 0)).unwrap();
        let error = codec.decode::<In>(&large).unwrap_err().to_string();
        assert!(error.contains("200 is too large") || C::NAME == "postcard", "{}: {error}", C::NAME);
    }
    with_each_codec!(check);
}

/// Two retired shapes, each for peers of another age.
#[test]
fn the_shape_that_the_peer_knows() {
    #[traced_actor]
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[traced(
        legacy(V0, name = "Say", index = 0, until = 1, downgrade = V0::of),
        legacy(V1, name = "Tell", index = 1, since = 1, until = 2, downgrade = V1::of),
    )]
    enum Message {
        #[traced(index = 2, since = 2)]
        Post { text: String, room: u8 },
    }
    #[derive(Serialize, Deserialize)]
    struct V0(String);
    #[derive(Serialize, Deserialize)]
    struct V1 {
        text: String,
    }
    impl From<V0> for Message {
        fn from(V0(text): V0) -> Self {
            Self::Post { text, room: 0 }
        }
    }
    impl From<V1> for Message {
        fn from(V1 { text }: V1) -> Self {
            Self::Post { text, room: 1 }
        }
    }
    impl V0 {
        fn of(Message::Post { text, .. }: &Message) -> Option<Self> {
            (!text.is_empty()).then(|| Self(text.clone()))
        }
    }
    impl V1 {
        fn of(Message::Post { text, room }: &Message) -> Option<Self> {
            (*room < 128).then(|| Self { text: text.clone() })
        }
    }
    let post = Message::Post { text: "x".into(), room: 7 };
    for (schema, text, room) in [
        (0, r#"{"Say":"x"}"#, 0),
        (1, r#"{"Tell":{"text":"x"}}"#, 1),
        (2, r#"{"Post":{"text":"x","room":7}}"#, 7),
    ] {
        let written = Json.write(&AtSchema::new(&post, schema)).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
        let read = Json.read::<Message>(text.as_bytes()).unwrap();
        assert_eq!(read, Message::Post { text: "x".into(), room });
    }
    assert_eq!(Postcard.write(&AtSchema::new(&post, 1)).unwrap(), [1, 1, b'x']);

    // A message that fits no shape that the peer knows is not sent, not even in a shape that came later.
    let refused = |text: &str, room, schema| {
        let post = Envelope::bare(Message::Post { text: text.into(), room });
        Json.encode(&post.at_schema(schema), Encoding::Bare).unwrap_err().to_string()
    };
    for (error, schema) in [(refused("", 7, 0), 0), (refused("x", 200, 1), 1)] {
        let expected = format!("variant `Post` of Message came with schema 2: the peer has schema {schema}");
        assert!(error.contains(&expected), "{error}");
    }
}
