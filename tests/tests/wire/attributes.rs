//! serde's attributes on the user's type mean what they always did.

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor_wire::{Codec, Encoding};

use crate::support::{Shape, assert_arrived, decided, enveloped, with_each_codec};

/// Bare and in an envelope, old bytes and new.
fn round_trip<C: Codec, M: Shape>(codec: &C, messages: &[M]) {
    for message in messages {
        let old_bytes = codec.write(message).unwrap();
        assert_eq!(codec.decode::<M>(&old_bytes).unwrap().message(), message);
        for carried in decided() {
            let bytes = codec.encode(&enveloped(message, &carried), Encoding::Envelope).unwrap();
            let arrived: Envelope<M> = codec.decode(&bytes).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(arrived.message(), message, "{}", C::NAME);
            assert_arrived(&carried, arrived.state());
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

#[test]
fn on_names_and_fields() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
    enum Message {
        #[serde(alias = "old-join")]
        UserJoin {
            user_id: u64,
            #[serde(default)]
            region: String,
        },
        #[serde(rename = "bye!")]
        Leave {
            #[serde(rename = "who")]
            user_id: u64,
        },
        Scaled(#[serde(serialize_with = "double", deserialize_with = "halve")] u32),
        Partly {
            seen: u8,
            #[serde(skip)]
            cached: Option<u8>,
        },
    }
    let messages = [
        Message::UserJoin { user_id: 1, region: "eu".into() },
        Message::Leave { user_id: 2 },
        Message::Scaled(21),
        Message::Partly { seen: 3, cached: None },
    ];
    with_each_codec!(round_trip, &messages);

    let json = |text: &str| {
        traced_actor_wire::codec::Json.decode::<Message>(text.as_bytes()).unwrap().into_message()
    };
    let alias = r#"{"__traced":["",{"old-join":{"userId":1}}]}"#;
    assert_eq!(json(alias), Message::UserJoin { user_id: 1, region: String::new() });
    assert_eq!(json(r#"{"old-join":{"userId":1}}"#), Message::UserJoin { user_id: 1, region: String::new() });
}

#[test]
fn on_conversions() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(try_from = "Raw", into = "Raw")]
    enum Checked {
        Even(u32),
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Raw {
        Number(u32),
    }
    impl TryFrom<Raw> for Checked {
        type Error = String;
        fn try_from(Raw::Number(number): Raw) -> Result<Self, String> {
            if number % 2 == 0 { Ok(Self::Even(number)) } else { Err(format!("{number} is odd")) }
        }
    }
    impl From<Checked> for Raw {
        fn from(Checked::Even(number): Checked) -> Self {
            Self::Number(number)
        }
    }
    with_each_codec!(round_trip, &[Checked::Even(2)]);
    let error =
        traced_actor_wire::codec::Json.decode::<Checked>(br#"{"__traced":["",{"Number":3}]}"#).unwrap_err();
    assert!(error.to_string().contains("3 is odd"), "{error}");
}

#[test]
fn on_unknown_variants() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Message {
        Known(u8),
        #[serde(other)]
        Unknown,
    }
    with_each_codec!(round_trip, &[Message::Known(1), Message::Unknown]);
    let json = |text: &str| {
        traced_actor_wire::codec::Json.decode::<Message>(text.as_bytes()).unwrap().into_message()
    };
    assert_eq!(json(r#""New""#), Message::Unknown);
    assert_eq!(json(r#"{"__traced":["","New"]}"#), Message::Unknown);
}

/// In the formats that can flatten.
#[test]
fn on_flattened_fields() {
    use traced_actor_wire::codec::{Cbor, Json, Msgpack, MsgpackNamed};

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Page {
        offset: u64,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Message {
        List {
            room: u64,
            #[serde(flatten)]
            page: Page,
        },
    }
    let messages = [Message::List { room: 1, page: Page { offset: 2 } }];
    round_trip(&Json, &messages);
    round_trip(&Msgpack, &messages);
    round_trip(&MsgpackNamed, &messages);
    round_trip(&Cbor, &messages);
}

/// A type that is written otherwise for people than for machines.
#[test]
fn human_readable_is_what_the_format_says() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Message {
        Address(std::net::Ipv4Addr),
    }
    let messages = [Message::Address([127, 0, 0, 1].into())];
    with_each_codec!(round_trip, &messages);
    assert_eq!(traced_actor_wire::codec::Postcard.write(&messages[0]).unwrap(), [0, 127, 0, 0, 1]);
}
