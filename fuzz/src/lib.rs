//! Messages to be decoded, and what must hold of every input.

pub mod propagation;
pub mod seeds;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use traced_actor::context::{ContextState, MessageContext, Timestamp};
use traced_actor::{Envelope, traced_actor};
use traced_actor_propagation::{Edge, Trust};
use traced_actor_wire::codec::{Cbor, Postcard};
use traced_actor_wire::rollout::{Hello, Rollout};
use traced_actor_wire::{Codec, Encoding, Peek, read_sidecar, write_sidecar};

/// An error or a message; what was read can be written, and reads the same again.
pub fn check<M: Serialize + DeserializeOwned, C: Codec>(codec: &C, bytes: &[u8]) {
    let peeked = codec.peek(bytes);
    let Ok(envelope) = codec.decode::<M>(bytes) else { return };
    match peeked {
        Some(Peek::Bare) => assert_eq!(envelope.state(), ContextState::Absent),
        Some(Peek::Unsampled) => assert!(envelope.context().is_none()),
        Some(Peek::Sampled) => assert!(envelope.context().is_some()),
        None => {}
    }
    let written = codec.encode(&envelope, Encoding::Envelope).expect("what was read can be written");
    let again: Envelope<M> = codec.decode(&written).expect("what was written can be read");
    assert_eq!(again.context(), envelope.context());
    assert_eq!(codec.encode(&again, Encoding::Envelope).expect("as before"), written);
}

/// A message of a type that has no place for a context in every state: what was read is written and reads the same, or is
/// refused; never a third thing.
pub fn check_or_refused<M, C>(codec: &C, bytes: &[u8])
where
    M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    C: Codec,
{
    let Ok(envelope) = codec.decode::<M>(bytes) else { return };
    // Values that the format itself cannot round-trip, such as NaN, are not the envelope's fault.
    let Ok(plain) = codec.write(envelope.message()) else { return };
    if codec.read::<M>(&plain).ok().as_ref() != Some(envelope.message()) {
        return;
    }
    let (message, carried) = envelope.into_parts();
    let mut envelope = Envelope::new(message, MessageContext::ABSENT);
    for carried in [MessageContext::ABSENT, MessageContext::UNSAMPLED, carried] {
        envelope = Envelope::new(envelope.into_message(), carried);
        let Ok(written) = codec.encode(&envelope, Encoding::Envelope) else { continue };
        let again: Envelope<M> = codec.decode(&written).expect("what was written can be read");
        assert_eq!(again.message(), envelope.message());
        assert!(again.state() == ContextState::Absent || again.context() == envelope.context());
    }
}

/// A message as a framework sends it, with the sidecar that it writes and reads by serde alone.
#[derive(Debug)]
struct Carried<M>(Envelope<M>);

impl<M: Serialize + DeserializeOwned> Serialize for Carried<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_sidecar(&self.0, serializer)
    }
}

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Carried<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (message, context) = read_sidecar(deserializer)?;
        Ok(Self(Envelope::new(message, context)))
    }
}

/// Checks that a context written beside a message by serde alone is read back unchanged, or is refused.
pub fn check_carried<M, C>(codec: &C, bytes: &[u8])
where
    M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    C: Codec,
{
    let Ok(carried) = codec.read::<Carried<M>>(bytes) else { return };
    let Ok(written) = codec.write(&carried) else { return };
    let Carried(again) = codec.read::<Carried<M>>(&written).expect("what was written can be read");
    assert_eq!(again.message(), carried.0.message());
    assert_eq!(again.context(), carried.0.context());
}

/// Any carrier at all, at each kind of entrance: nothing of a stranger's is believed that should not be.
pub fn check_trust(carrier: &[u8]) {
    let Ok(length) = u8::try_from(carrier.len()) else { return };
    let bytes = [&[0xa1, 0x68][..], b"__traced", &[0x82, 0x58, length], carrier, b"\x64Tick"].concat();
    let arrived = || Cbor.decode::<Message>(&bytes).expect("a malformed carrier costs only the context");
    let now = Timestamp::from_unix_nanos(1);
    let accept = |trust| Edge::new("fuzz").trust(trust).accept_envelope(arrived(), now);
    assert_eq!(accept(Trust::Ignore).state(), ContextState::Absent);
    // Nobody records here, so nobody decides.
    assert!(accept(Trust::Ids).context().is_none());
    let (believed, sent) = (accept(Trust::Full), arrived());
    assert_eq!(believed.context(), sent.context());
    if let ContextState::Sampled(context) = believed.state() {
        let weight = context.probability.map_or(1.0, |probability| 1.0 / probability);
        assert!((1.0..=2_f64.powi(56)).contains(&weight), "{weight}");
    }
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

/// A message for a sidecar.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "type")]
pub enum Reading {
    Value { device: u64, name: String },
    Lost,
}

/// With a variant for what is unknown.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
pub enum Event {
    Paid {
        cents: u32,
    },
    Closed,
    #[serde(untagged)]
    Unknown(BTreeMap<String, Vec<String>>),
}

/// A map with keys that are not strings.
pub type Shelves = BTreeMap<u64, String>;

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
