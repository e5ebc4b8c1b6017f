//! Messages to be decoded, and what must hold of every input.

pub mod propagation;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use traced_actor::context::State;
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
