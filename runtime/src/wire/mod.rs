//! The wire format of an [`Envelope<M>`](crate::Envelope), and the parts of the codecs in `traced-actor-wire`.
//!
//! With the feature `serde`, an envelope implements serde's traits for any enum `M` that does. A bare message is
//! encoded exactly like the message itself. An envelope is encoded as an additional variant of the enum, with the
//! reserved number 127 and the reserved name `__traced`. It contains the context and the message:
//!
//! ```json
//! {"__traced":["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",{"Join":{"user":7}}]}
//! ```
//!
//! A node without this crate cannot read an envelope, and in some formats misreads it. Send envelopes only to peers
//! that are known to read them. The crate `traced-actor-wire` has codecs, other encodings for other message types,
//! and the phases of a rollout: start there. This module has the parts:
//!
//! | | |
//! |---|---|
//! | [`binary`], `text` | a context as 26 bytes or more, and as `traceparent`, `tracestate` and `baggage` |
//! | `serde` | the same in serde's data model: `WriteContext`, `ReadContext` |
//! | `hook` | reads a message that may be in an envelope, and finds out how a type is read |
//! | `versions` | older shapes of a protocol, as the attribute `legacy` generates them |

mod carrier;
mod counters;
#[cfg(feature = "serde")]
mod envelope;
mod expected;
#[cfg(feature = "serde")]
#[doc(hidden)]
pub mod groups;
#[cfg(feature = "serde")]
pub mod hook;
#[cfg(feature = "serde")]
pub mod kind;
mod malformed;
#[cfg(feature = "serde")]
mod refusal;
#[cfg(feature = "serde")]
mod stopped;
#[cfg(feature = "serde")]
mod variants;
#[cfg(feature = "serde")]
pub mod versions;

pub use carrier::binary;
#[cfg(feature = "serde")]
pub use carrier::{ReadContext, WriteContext, text};
pub use counters::malformed;
#[cfg(feature = "serde")]
#[doc(hidden)]
pub use envelope::Bare;
pub use expected::Expected;
pub use malformed::Malformed;
#[cfg(feature = "serde")]
pub use refusal::{refusal, refused, take_refusal};

/// The number of the envelope's variant. A traced enum has at most this many variants.
pub const RESERVED_INDEX: u32 = 127;

/// The name of the envelope's variant, and of the key that a sidecar adds to a map.
pub const RESERVED_NAME: &str = "__traced";
