//! Encodes messages with their trace context, and upgrades running nodes to such envelopes step by step.
//!
//! An [`Envelope<M>`](traced_actor::Envelope) implements serde's traits for any enum `M` that does. A bare message has
//! exactly the bytes that it has without this crate. On the wire, an envelope is one more variant of the enum, with the
//! reserved number 127 and the reserved name `__traced`. It contains the context and the message:
//!
//! ```json
//! {"__traced":["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",{"Join":{"user":7}}]}
//! ```
//!
//! A node without this crate cannot read an envelope, and in some formats mistakes it for another message. Send
//! envelopes only to a peer that can read them. [`Encoding`] states whether it can.
//!
//! | the message is | in these formats | use |
//! |---|---|---|
//! | an enum with serde's default derive | all | a [`Codec`] |
//! | a struct, or an enum with `#[serde(tag)]` or `untagged` | JSON, CBOR, `MessagePack` with names | [`Sidecar`] |
//! | a struct, or an enum with `#[serde(tag)]` or `untagged` | JSON, CBOR, `MessagePack` | [`Prefixed`] |
//! | any type | with a transport that has headers | [`headers`] |
//! | a `prost::Message` | protobuf | `protobuf` |
//!
//! Everything that is written can be read. If a message has no place for a context in a mode, encoding returns an error
//! that names the modes that work. Use [`probe`] in a test to check that your messages have a place.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `json`, `postcard`, `bincode`, `bincode1`, `msgpack`, `cbor` | a [`Codec`] each, in [`codec`] |
//! | `serde` | [`Codec`], [`Sidecar`], [`Prefixed`] and [`compat`] without a format |
//! | `prost` | `protobuf` |
//!
//! [`headers`], [`Encoding`] and the [`rollout`] need no feature.
//!
//! # Older versions
//!
//! A message type with fixed numbers can read messages that were written years ago, in every format and mode. [`versions`] explains
//! the options of the attribute:
//!
//! ```
//! # #[cfg(feature = "json")] {
//! use serde::{Deserialize, Serialize};
//! use traced_actor::traced_actor;
//! use traced_actor_wire::{Codec, codec::Json, versions::AtSchema};
//!
//! // Schema 0 was `enum Message { Join { user: u64 }, Leave, Tick }`.
//! #[traced_actor]
//! #[derive(Serialize, Deserialize, Debug, PartialEq)]
//! #[traced(legacy(JoinV1, name = "Join", index = 0, downgrade = JoinV1::of))]
//! #[traced(legacy(LeaveV1, name = "Leave", index = 1))]
//! enum Message {
//!     #[traced(index = 3, since = 1)]
//!     Enter { user: u64, region: String },
//!     #[traced(index = 2)]
//!     Tick,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct JoinV1 {
//!     user: u64,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct LeaveV1;
//!
//! impl From<JoinV1> for Message {
//!     fn from(old: JoinV1) -> Self {
//!         Self::Enter { user: old.user, region: "eu".into() }
//!     }
//! }
//!
//! impl From<LeaveV1> for Message {
//!     fn from(LeaveV1: LeaveV1) -> Self {
//!         Self::Tick
//!     }
//! }
//!
//! impl JoinV1 {
//!     fn of(message: &Message) -> Option<Self> {
//!         match message {
//!             Message::Enter { user, .. } => Some(Self { user: *user }),
//!             Message::Tick => None,
//!         }
//!     }
//! }
//!
//! let enter = Message::Enter { user: 7, region: "eu".into() };
//! assert_eq!(Json.read::<Message>(br#"{"Join":{"user":7}}"#).unwrap(), enter);
//! assert_eq!(Json.write(&AtSchema::new(&enter, 0)).unwrap(), br#"{"Join":{"user":7}}"#);
//! assert_eq!(Json.write(&enter).unwrap(), br#"{"Enter":{"user":7,"region":"eu"}}"#);
//! # }
//! ```
//!
//! Two `#[cfg]`s of one enum may share a number if only one of them is compiled:
//!
//! ```compile_fail
//! # use serde::{Deserialize, Serialize};
//! # use traced_actor::traced_actor;
//! # use traced_actor_wire::{Codec, codec::Json};
//! #[traced_actor]
//! #[derive(Serialize, Deserialize)]
//! enum Message {
//!     #[cfg(all())]
//!     #[traced(index = 1)]
//!     Join { user: u64 },
//!     #[cfg(all())]       // `not(all())` compiles
//!     #[traced(index = 1)]
//!     Enter { user: u64 },
//! }
//!
//! Json.write(&Message::Join { user: 7 });
//! ```
//!
//! # Trust
//!
//! A codec trusts an envelope completely: its ids, sampled flag, weight and baggage. That is right between the nodes of
//! one system. If others can send to you, pass the envelope through
//! [`Edge::accept_envelope`](traced_actor_propagation::Edge::accept_envelope). It has the same levels of
//! [`Trust`](traced_actor_propagation::Trust) as any other edge: everything (the default), only the ids, or nothing.
//! [`PeerConnection::edge`](rollout::PeerConnection::edge) does this for each message of a connection. A weight that is
//! not the inverse of a probability between 2⁻⁵⁶ and 1 is rejected in every carrier.
//!
//! # Delivery
//!
//! Envelopes do not change delivery guarantees. If a node crashes, messages that it has received and not yet handled
//! are lost (at most once). A message that is sent again because no answer came may arrive twice (at least once). To
//! detect duplicates, add an id to your messages. The example `rolling_upgrade` shows both cases with `kill -9`, and
//! the effect of an id.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "serde")]
pub mod codec;
#[cfg(feature = "serde")]
pub mod compat;
mod counters;
mod encoding;
mod error;
pub mod headers;
#[cfg(feature = "serde")]
mod prefixed;
#[cfg(feature = "serde")]
mod probe;
#[cfg(feature = "prost")]
pub mod protobuf;
pub mod rollout;
#[cfg(feature = "serde")]
mod sidecar;

#[cfg(feature = "serde")]
pub use codec::Codec;
pub use counters::{WireCounters, wire_counters};
pub use encoding::{Encoding, Peek};
pub use error::{DecodeError, EncodeError};
#[cfg(feature = "serde")]
pub use prefixed::Prefixed;
#[cfg(feature = "serde")]
pub use probe::{ProbeError, ProbeErrorKind, probe};
#[cfg(feature = "serde")]
pub use sidecar::{Sidecar, read_sidecar, write_sidecar};
#[cfg(feature = "serde")]
pub use traced_actor::wire::versions;
pub use traced_actor::wire::{Malformed, RESERVED_INDEX, RESERVED_NAME};

/// Tests the example of the README.
#[cfg(all(doctest, feature = "json"))]
#[doc = include_str!("../README.md")]
struct Readme;
