//! Envelopes on the wire: bytes that carry a message and its trace context, and a fleet that moves to them
//! while it runs.
//!
//! An [`Envelope<M>`](traced_actor::Envelope) implements serde's traits for any enum `M` that does. A bare message has
//! exactly the bytes that it always had. An envelope is one more variant of the enum on the wire, reserved as
//! number 127 and name `__traced`, that holds the context and the message:
//!
//! ```json
//! {"__traced":["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",{"Join":{"user":7}}]}
//! ```
//!
//! A node without this crate cannot read that, and in some formats takes it for something else. So an envelope
//! may only be sent to a peer that is known to read it; [`Encoding`] says whether it is.
//!
//! | the message is | in these formats | use |
//! |---|---|---|
//! | an enum as serde derives it | all | a [`Codec`] |
//! | a struct, or an enum with `#[serde(tag)]` or `untagged` | JSON, CBOR, `MessagePack` with names | [`Sidecar`] |
//! | the same | JSON, CBOR, `MessagePack` | [`Prefixed`] |
//! | anything | where the transport has headers | [`headers`] |
//! | a `prost::Message` | protobuf | [`protobuf`] |
//!
//! What is written can be read: a message that has no place for a context in a mode is refused when it is encoded, by
//! an error that names the modes that do. [`probe`] asserts in a test that yours have one.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `json`, `postcard`, `bincode`, `bincode1`, `msgpack`, `cbor` | a [`Codec`] each, in [`codec`] |
//! | `serde` | [`Codec`], [`Sidecar`], [`Prefixed`] and [`compat`] without a format |
//! | `prost` | [`protobuf`] |
//!
//! [`headers`], [`Encoding`] and the [`rollout`] need none.
//!
//! # Older shapes
//!
//! A message type with pinned numbers reads what it wrote years ago, in every format and mode; what the attribute's options
//! mean is said at [`versions`]:
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
//! Two `#[cfg]`s of one enum may share a number, as long as only one of them is there:
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
//! # Whom to believe
//!
//! A codec believes an envelope as it is: ids, sampled flag, weight and baggage. That is right between the nodes of one
//! system. Where others can send, [`Edge::accept_envelope`](traced_actor_propagation::Edge::accept_envelope) stands behind it,
//! with the same levels of [`Trust`](traced_actor_propagation::Trust) as at any other entrance: everything (by default), the
//! ids alone, or nothing; [`Connection::edge`](rollout::Connection::edge) does so for each message of a connection. A
//! weight is refused in every carrier if it is not the inverse of a probability between 2⁻⁵⁶ and 1.
//!
//! # What a crash does
//!
//! Envelopes change nothing about delivery. What a node has taken and not yet handled is lost with it (at most once); what
//! was sent and not answered is sent again, and may come twice (at least once). An id against duplicates is the
//! application's: the example `rolling_upgrade` shows both kinds with `kill -9`, counted, and what an id makes of it.
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
pub use sidecar::Sidecar;
#[cfg(feature = "serde")]
pub use traced_actor::wire::versions;
pub use traced_actor::wire::{Malformed, RESERVED_INDEX, RESERVED_NAME};

/// The example of the README is checked.
#[cfg(all(doctest, feature = "json"))]
#[doc = include_str!("../README.md")]
struct Readme;
