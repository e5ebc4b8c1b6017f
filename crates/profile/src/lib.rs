//! Tells profilers which actor's message, and which trace, each thread is working on.
//!
//! A profile shows which function takes the time. With this crate, it also shows for which kind of message of which
//! actor, and in which trace. Each thread publishes this in the form of OpenTelemetry's thread context ([OTEP
//! 4947][otep]). A profiler outside of the process, such as OpenTelemetry's eBPF profiler, reads it when it takes a
//! sample. This also works for messages that are not sampled: they have no trace, but an actor and a kind.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! traced_actor_profile::install()?; // before the first actor starts
//! // … run your actors …
//! # Ok(())
//! # }
//! ```
//!
//! A process has one observer. To combine this crate with [metrics](https://docs.rs/traced-actor-metrics), put its
//! observer around theirs:
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
//! While a handler is polled, its thread publishes these attributes. If the message is sampled, it also publishes the
//! trace id, the span id and the flags of its span:
//!
//! | index | attribute | value |
//! |---|---|---|
//! | 0 | `local_root_span_id` | zeros, since it is not known |
//! | 1 | `actor.name` | the actor |
//! | 2 | `actor.message.kind` | the kind of the message |
//!
//! A profiler gets the names and the description of the process from the process context (OTEP 4719). [`install`]
//! publishes it. With [`around`], call [`publish_process`]. Between two polls, the thread publishes what it published
//! before.
//!
//! Tasks of [`task::spawn`](traced_actor::task::spawn), `spawn_local` and `spawn_blocking` publish the same as their
//! spawner. Other tasks and threads publish nothing by themselves: wrap them in [`carry`], or pass [`published`] to
//! them.
//!
//! Pyroscope's agent (2.1) is not supported. It has labels for each thread, and makes a whole report each time one
//! changes, which is too expensive at each poll.
//!
//! # What it needs
//!
//! The feature `thread-context`, Linux on `x86_64` or `aarch64`, and Rust 1.91. Otherwise all functions exist and
//! publish nothing. The executable must export the symbol that profilers search for. A library cannot request that, so
//! put this into the `build.rs` of your program:
//!
//! ```
//! println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1");
//! ```
//!
//! # Cost
//!
//! A poll of a handler costs a lookup under a mostly uncontended lock, and two swaps of a pointer. A sampled message
//! allocates 640 bytes. Unsampled messages share one record for each actor and kind.
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
pub use publish::{is_publishing, publish_process};

/// The names of the attributes, by index.
pub const KEYS: [&str; 3] = ["local_root_span_id", "actor.name", "actor.message.kind"];
