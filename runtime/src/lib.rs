//! See what happens inside your actors.
#![forbid(unused_must_use)]

pub mod actor;
#[cfg(feature = "console")]
pub mod console;
pub mod carrier;
pub mod context;
mod envelope;
#[cfg(feature = "otel")]
pub mod otel;
pub mod fanout;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod propagation;
pub mod record;
pub mod sampling;
pub mod sync;
pub mod testkit;
#[cfg(any(feature = "serde", feature = "prost"))]
pub mod wire;

pub use actor::{Actor, ActorRef, CallError, Exit, Handling, OnPanic, Spawn, spawn, task};
pub use context::{SpanId, TraceContext, TraceFlags, TraceId};
pub use envelope::{Describe, Envelope, Message};
pub use fanout::{broadcast, fanout};
pub use record::{Counters, Fields, counters, field};
pub use sampling::{Key, Kind, Options};
pub use sync::{Traced, TracedExt, instance};
pub use traced_actor_macros::traced_actor;
