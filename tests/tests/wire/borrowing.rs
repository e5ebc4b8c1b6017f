//! Parts that a message borrows from the input stay borrowed, bare or in an envelope.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor_wire::Codec;
use traced_actor_wire::codec::{Cbor, Json};

use crate::support::{assert_arrived, context, decided, enveloped, messages};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum Message<'a> {
    Text(&'a str),
    Bytes {
        #[serde(borrow)]
        bytes: &'a [u8],
    },
}

fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    whole.as_ptr_range().contains(&part.as_ptr())
}

#[test]
fn text_lies_in_the_input() {
    for envelope in [Envelope::bare(Message::Text("hello")), Envelope::new(Message::Text("hello"), context())]
    {
        let json = serde_json::to_vec(&envelope).unwrap();
        let read: Envelope<Message<'_>> = serde_json::from_slice(&json).unwrap();
        let Message::Text(text) = read.message() else { unreachable!() };
        assert!(*text == "hello" && lies_in(text.as_bytes(), &json));

        let packed = rmp_serde::to_vec(&envelope).unwrap();
        let read: Envelope<Message<'_>> = rmp_serde::from_slice(&packed).unwrap();
        let Message::Text(text) = read.message() else { unreachable!() };
        assert!(*text == "hello" && lies_in(text.as_bytes(), &packed));
    }
}

#[test]
fn bytes_lie_in_the_input() {
    let message = Message::Bytes { bytes: b"hello" };
    for envelope in [Envelope::bare(message.clone()), Envelope::new(message, context())] {
        let bytes = postcard::to_stdvec(&envelope).unwrap();
        let read: Envelope<Message<'_>> = postcard::from_bytes(&bytes).unwrap();
        let Message::Bytes { bytes: part } = read.message() else { unreachable!() };
        assert!(*part == b"hello" && lies_in(part, &bytes));
    }
}

/// From a reader, the tag is not borrowed, and known names are not copied either.
#[test]
fn a_reader_works_as_a_slice_does() {
    let json = serde_json::to_vec(&Envelope::new(crate::support::Message::Tick, context())).unwrap();
    let read: Envelope<crate::support::Message> = serde_json::from_reader(&json[..]).unwrap();
    assert_eq!(read.context(), Some(&context().context));
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let read: Envelope<crate::support::Message> = serde_json::from_value(value).unwrap();
    assert_eq!(read.context(), Some(&context().context));
}

/// A `Cow` is borrowed if the input contains it unescaped, and copied otherwise.
#[test]
fn what_may_be_borrowed_is_borrowed_where_it_can_be() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Either<'a> {
        Text(#[serde(borrow)] Cow<'a, str>),
        Texts {
            #[serde(borrow)]
            first: Cow<'a, str>,
            second: Option<&'a str>,
        },
    }
    let text = |text: &'static str| Either::Text(text.into());
    let borrowed = |read: &Envelope<Either<'_>>| match read.message() {
        Either::Text(text) | Either::Texts { first: text, .. } => matches!(text, Cow::Borrowed(_)),
    };
    for (message, in_json) in [
        (text("hello"), true),
        (text("a \" b"), false),
        (text(""), true),
        (Either::Texts { first: "\n".into(), second: Some("plain") }, false),
        (Either::Texts { first: "a".into(), second: None }, true),
    ] {
        for context in decided() {
            let envelope = Envelope::new(message.clone(), context.clone());
            let json = serde_json::to_vec(&envelope).unwrap();
            let read: Envelope<Either<'_>> = serde_json::from_slice(&json).unwrap();
            assert_eq!((read.message(), borrowed(&read)), (&message, in_json));
            assert_arrived(&context, read.state());

            let packed = rmp_serde::to_vec_named(&envelope).unwrap();
            let read: Envelope<Either<'_>> = rmp_serde::from_slice(&packed).unwrap();
            assert_eq!((read.message(), borrowed(&read)), (&message, true));
            assert_arrived(&context, read.state());

            let bytes = postcard::to_stdvec(&envelope).unwrap();
            let read: Envelope<Either<'_>> = postcard::from_bytes(&bytes).unwrap();
            assert_eq!((read.message(), borrowed(&read)), (&message, true));
            assert_arrived(&context, read.state());
        }
    }
}

/// A value of a format is as good as its bytes, and the bytes of a value as those of a message.
#[test]
fn values_work_as_bytes_do() {
    for message in messages() {
        for context in decided() {
            let envelope = enveloped(&message, &context);
            let value = serde_json::to_value(&envelope).unwrap();
            let read: Envelope<crate::support::Message> = Json.decode(&Json.write(&value).unwrap()).unwrap();
            assert_eq!(*read.message(), message);
            assert_arrived(&context, read.state());
            let read: Envelope<crate::support::Message> = serde_json::from_value(value).unwrap();
            assert_eq!(*read.message(), message);
            assert_arrived(&context, read.state());

            let value = ciborium::Value::serialized(&envelope).unwrap();
            let read: Envelope<crate::support::Message> = Cbor.decode(&Cbor.write(&value).unwrap()).unwrap();
            assert_eq!(*read.message(), message);
            assert_arrived(&context, read.state());
            let read: Envelope<crate::support::Message> = value.deserialized().unwrap();
            assert_eq!(*read.message(), message);
            assert_arrived(&context, read.state());
        }
    }
}
