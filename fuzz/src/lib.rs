//! Messages to be decoded, and what must hold of every input.

pub mod propagation;

use serde::de::{DeserializeOwned, VariantAccess};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use traced_actor::Envelope;
use traced_actor::context::State;
use traced_actor::wire::shapes::{Content, Retired, Shapes, Upgrade, Variant};
use traced_actor::wire::{Codec, Peek, Phase};

/// An error or a message; what was read can be written, and reads the same again.
pub fn check<M: Serialize + DeserializeOwned, C: Codec>(codec: &C, bytes: &[u8]) {
    let peeked = codec.peek(bytes);
    let Ok(envelope) = codec.decode::<M>(bytes) else { return };
    match peeked {
        Some(Peek::Bare) => assert_eq!(envelope.state(), State::Absent),
        Some(Peek::Unsampled) => assert!(envelope.context().is_none()),
        Some(Peek::Sampled) | None => {}
    }
    let written = codec.encode(&envelope, Phase::Envelope).expect("what was read can be written");
    let again: Envelope<M> = codec.decode(&written).expect("what was written can be read");
    assert_eq!(again.context(), envelope.context());
    assert_eq!(codec.encode(&again, Phase::Envelope).expect("as before"), written);
}

/// Every kind of variant.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
pub enum Message {
    Join { user: u64, name: String },
    Post(u64, Option<String>, Vec<u16>),
    Leave(u64),
    Tick,
}

/// One message of each variant.
pub fn messages() -> Vec<Message> {
    vec![
        Message::Join { user: 7, name: "Ada".into() },
        Message::Post(u64::MAX, Some("hi".into()), vec![1, 2, 127]),
        Message::Leave(0),
        Message::Tick,
    ]
}

/// For a sidecar.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "type")]
pub enum Reading {
    Value { device: u64, name: String },
    Lost,
}

/// A protocol with retired shapes; the impls are what `#[traced_actor]` generates.
#[derive(Debug, PartialEq)]
pub enum Evolved {
    Tick,
    Join { user: u64, region: String },
}

#[derive(Serialize, Deserialize)]
struct JoinV1 {
    user: u64,
}

#[derive(Serialize, Deserialize)]
struct LeaveV1(u64, Option<String>);

const _: () = {
    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Evolved")]
    enum Wire {
        Tick,
        Join { user: u64, region: String },
    }

    impl Serialize for Evolved {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            traced_actor::wire::shapes::serialize(self, serializer)
        }
    }

    impl<'de> Deserialize<'de> for Evolved {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            traced_actor::wire::shapes::deserialize(deserializer)
        }
    }

    impl Shapes for Evolved {
        const NAME: &'static str = "Evolved";
        const NAMES: &'static [&'static str] = &["Tick", "Join"];
        const TODAY: &'static [Variant] = &[Variant::at(3), Variant::at(4).named("Join2")];
        const RETIRED: &'static [Retired] =
            &[Retired::new("JoinV1").at(0).named("Join"), Retired::new("LeaveV1").at(1).named("Leave")];

        fn serialize_today<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Wire::serialize(self, serializer)
        }
    }

    impl<'de> Upgrade<'de> for Evolved {
        fn deserialize_today<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Wire::deserialize(deserializer)
        }

        fn upgrade<A: VariantAccess<'de>>(retired: usize, content: Content<A>) -> Result<Self, A::Error> {
            match retired {
                0 => content.read().map(|JoinV1 { user }| Self::Join { user, region: String::new() }),
                _ => content.read().map(|LeaveV1(..)| Self::Tick),
            }
        }
    }
};
