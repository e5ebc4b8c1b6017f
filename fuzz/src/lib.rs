//! Messages to be decoded, and what must hold of every input.

pub mod propagation;
pub mod seeds;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use traced_actor::context::State;
use traced_actor::wire::codec::Postcard;
use traced_actor::wire::rollout::{Hello, Rollout};
use traced_actor::wire::{Codec, Peek, Phase};
use traced_actor::{Envelope, traced_actor};

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

/// Any carrier at all: the message behind it is delivered.
pub fn check_carrier(carrier: &[u8]) {
    let Ok(length) = u16::try_from(carrier.len()) else { return };
    if length >= 1 << 14 {
        return;
    }
    let mut bytes = vec![0x7f, length.to_le_bytes()[0] | 0x80, (length >> 7).to_le_bytes()[0]];
    bytes.extend(carrier);
    bytes.push(3);
    let envelope = Postcard.decode::<Message>(&bytes).expect("a malformed carrier costs only the context");
    assert_eq!(*envelope.message(), Message::Tick);
}

/// A hello, as bytes and as text: an old node, or what it says, which is said the same in both forms.
pub fn check_hello(bytes: &[u8]) {
    let connection = Rollout::new().connect("peer");
    match Hello::from_bytes(bytes) {
        Ok(hello) => {
            assert_eq!(connection.hello(bytes), Ok(hello));
            assert_eq!(connection.hello_text(&hello.to_text()), Ok(hello));
            assert_eq!(connection.is_capable(), hello.reads_envelopes());
        }
        Err(error) => {
            assert_eq!(connection.hello(bytes), Err(error));
            assert!(!connection.is_capable());
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(hello) = Hello::from_text(text)
    {
        assert_eq!(Hello::from_bytes(&hello.to_bytes()), Ok(hello));
    }
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

/// A protocol with retired shapes.
#[traced_actor]
#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[traced(legacy(JoinV1, name = "Join", index = 0))]
#[traced(legacy(LeaveV1, name = "Leave", index = 1))]
pub enum Evolved {
    #[traced(index = 3)]
    Tick,
    #[traced(index = 4)]
    #[serde(rename = "Join2")]
    Join { user: u64, region: String },
}

#[derive(Serialize, Deserialize)]
struct JoinV1 {
    user: u64,
}

#[derive(Serialize, Deserialize)]
struct LeaveV1(u64, Option<String>);

impl From<JoinV1> for Evolved {
    fn from(JoinV1 { user }: JoinV1) -> Self {
        Self::Join { user, region: String::new() }
    }
}

impl From<LeaveV1> for Evolved {
    fn from(LeaveV1(..): LeaveV1) -> Self {
        Self::Tick
    }
}
