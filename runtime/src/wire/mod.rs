//! What an [`Envelope<M>`](crate::Envelope) is in serde's data model, and what the crate `traced-actor-wire` makes its
//! codecs of.
//!
//! With the feature `serde` an envelope implements serde's traits for any enum `M` that does. A bare message has exactly
//! the bytes that it always had. An envelope is one more variant of the enum on the wire, reserved as number 127 and name
//! `__traced`, that holds the context and the message:
//!
//! ```json
//! {"__traced":["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",{"Join":{"user":7}}]}
//! ```
//!
//! A node without this crate cannot read that, and in some formats takes it for something else. So an envelope may only
//! be sent to a peer that is known to read it. Codecs, other modes for other messages, and the rollout are in
//! `traced-actor-wire`: start there. Here is what they are made of:
//!
//! | | |
//! |---|---|
//! | [`binary`], [`text`] | a context as 26 bytes or more, as a `traceparent` and what stands beside it |
//! | [`serde`](crate) | the same in serde's data model: `WriteContext`, `ReadContext` |
//! | [`hook`](crate) | reads a message that may be in an envelope; how a type is read |
//! | [`versions`](crate) | older shapes of a protocol, as the attribute `legacy` generates them |

mod carrier;
mod counters;
#[cfg(feature = "serde")]
mod envelope;
mod expected;
#[cfg(feature = "serde")]
pub mod hook;
#[cfg(feature = "serde")]
pub mod kind;
mod malformed;
#[cfg(feature = "serde")]
mod refusal;
#[cfg(feature = "serde")]
mod variants;
#[cfg(feature = "serde")]
pub mod versions;

pub use carrier::binary;
#[cfg(feature = "serde")]
pub use carrier::{ReadContext, WriteContext, text};
pub use counters::malformed;
pub use expected::Expected;
pub use malformed::Malformed;
#[cfg(feature = "serde")]
pub use refusal::{refusal, refused, take_refusal};

/// The number of the envelope among an enum's variants. A traced enum has at most this many of its own.
pub const RESERVED_INDEX: u32 = 127;

/// The name of the envelope among an enum's variants, and of the key that a sidecar adds.
pub const RESERVED_NAME: &str = "__traced";
