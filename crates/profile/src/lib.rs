//! Tells profilers which actor's message, and which trace, each thread works on.
//!
//! A profile says which function takes the time. With this crate, it also says for which kind of message of which actor, and in which trace.
//! Each thread publishes it in the form of OpenTelemetry's thread context ([OTEP 4947][otep]), which a profiler outside of the process reads
//! when it takes a sample, such as OpenTelemetry's eBPF profiler. It works for messages that are not sampled, too: these have no trace, and
//! still an actor and a kind.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! traced_actor_profile::install()?; // before the first actor starts
//! // … run your actors …
//! # Ok(())
//! # }
//! ```
//!
//! A process has one observer. Beside [metrics](https://docs.rs/traced-actor-metrics), put it around theirs:
//!
//! ```
//! use traced_actor::observe;
//! use traced_actor_metrics::Metrics;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (metrics, observer) = Metrics::builder().build()?;
//! observe::observe(traced_actor_profile::around(observer))?;
//! # let _ = metrics;
//! # Ok(())
//! # }
//! ```
//!
//! # What is published
//!
//! While a handler is polled, its thread publishes the trace id, the span id and the flags of its span, if it is sampled, and these attributes:
//!
//! | index | attribute | value |
//! |---|---|---|
//! | 0 | `local_root_span_id` | zeros: not known |
//! | 1 | `actor.name` | the actor |
//! | 2 | `actor.message.kind` | the kind of the message |
//!
//! A profiler learns the names from the process context (OTEP 4719), which this crate does not publish; [`KEYS`] has them. Between two polls the
//! thread publishes what it did before. Tasks and threads that a handler starts publish nothing by themselves: wrap them in [`carry`], or
//! take [`published`] along.
//!
//! # What it needs
//!
//! The feature `thread-context`, Linux on `x86_64` or `aarch64`, and Rust 1.91. Without any of these all functions are there and publish nothing.
//! The executable must export the symbol that profilers look for. A library cannot say so; put this into the `build.rs` of your program:
//!
//! ```
//! println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1");
//! ```
//!
//! # Cost
//!
//! A poll of a handler costs a look-up under a lock that few share, and two swaps of a pointer. A sampled message allocates 640 bytes; messages
//! that are not sampled share a record by actor and kind.
//!
//! [otep]: https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4947-thread-ctx.md
#![cfg_attr(docsrs, feature(doc_cfg))]

mod carry;
mod install;
mod numbers;
#[cfg_attr(
    all(
        feature = "thread-context",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ),
    path = "publish/mod.rs"
)]
#[cfg_attr(
    not(all(
        feature = "thread-context",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    path = "no_publish.rs"
)]
mod publish;

pub use carry::{Carried, Published, carry, published};
pub use install::{InstallError, around, install};
pub use publish::is_publishing;

/// The names of the attributes, by their index.
pub const KEYS: [&str; 3] = ["local_root_span_id", "actor.name", "actor.message.kind"];
