//! Envelopes on the wire: bytes that carry a message and its trace context, and a fleet that moves to them
//! while it runs.
//!
//! An [`Envelope<M>`](crate::Envelope) implements serde's traits for any enum `M` that does. A bare message has
//! exactly the bytes that it always had. An envelope is one more variant of the enum on the wire, reserved as
//! number 127 and name `__traced`, that holds the context and the message:
//!
//! ```json
//! {"__traced":["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",{"Join":{"user":7}}]}
//! ```
//!
//! A node without this crate cannot read that, and in some formats takes it for something else. So an envelope
//! may only be sent to a peer that is known to read it; [`Phase`] says whether it is.
//!
//! | the message is | in these formats | use |
//! |---|---|---|
//! | an enum as serde derives it | all | a [`Codec`] |
//! | a struct, or an enum with `#[serde(tag)]` or `untagged` | JSON, CBOR, `MessagePack` with names | [`Sidecar`] |
//! | the same | JSON, CBOR, `MessagePack` | [`Frame`] |
//! | anything | where the transport has headers | [`headers`] |
//! | a `prost::Message` | protobuf | [`protobuf`] |
//!
//! What is written can be read: a message that has no place for a context in a mode is refused when it is encoded, by
//! an error that names the modes that do. [`probe`] asserts in a test that yours have one.
//!
//! # Whom to believe
//!
//! A codec believes an envelope as it is: ids, sampled flag, weight and baggage. That is right between the nodes of one
//! system. Where others can send, [`Edge::accept_envelope`](crate::propagation::Edge::accept_envelope) stands behind it,
//! with the same levels of [`Trust`](crate::propagation::Trust) as at any other entrance: everything (by default), the
//! ids alone, or nothing; [`Connection::edge`](rollout::Connection::edge) does so for each message of a connection. A
//! weight is refused in every carrier if it is not the inverse of a probability between 2⁻⁵⁶ and 1.
//!
//! # What a crash does
//!
//! Envelopes change nothing about delivery. What a node has taken and not yet handled is lost with it (at most once); what
//! was sent and not answered is sent again, and may come twice (at least once). An id against duplicates is the
//! application's: the example `rolling_upgrade` shows both kinds with `kill -9`, counted, and what an id makes of it.

mod carrier;
mod counters;
mod phase;

#[cfg(feature = "serde")]
pub mod codec;
#[cfg(feature = "serde")]
pub mod compat;
#[cfg(feature = "serde")]
mod envelope;
mod error;
#[cfg(feature = "serde")]
mod frame;
pub mod headers;
#[cfg(feature = "serde")]
mod hook;
#[cfg(feature = "serde")]
mod kind;
#[cfg(feature = "serde")]
mod probe;
#[cfg(feature = "prost")]
pub mod protobuf;
pub mod rollout;
#[cfg(feature = "serde")]
pub mod shapes;
#[cfg(feature = "serde")]
mod sidecar;
#[cfg(feature = "serde")]
mod variants;

pub use carrier::Malformed;
#[cfg(feature = "serde")]
pub use codec::Codec;
pub use counters::{Counters, counters};
pub use error::{DecodeError, EncodeError};
#[cfg(feature = "serde")]
pub use frame::Frame;
pub use phase::{Peek, Phase};
#[cfg(feature = "serde")]
pub use probe::{ProbeError, ProbeErrorKind, probe};
#[cfg(feature = "serde")]
pub use sidecar::Sidecar;

/// The number of the envelope among an enum's variants. A traced enum has at most this many of its own.
pub const RESERVED_INDEX: u32 = 127;

/// The name of the envelope among an enum's variants, and of the key that a [`Sidecar`] adds.
pub const RESERVED_NAME: &str = "__traced";
