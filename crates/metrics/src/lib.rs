//! Metrics of all messages of traced-actor's actors, sampled or not.
//!
//! ```
//! use traced_actor::{spawn, traced_actor};
//! use traced_actor_metrics::Metrics;
//!
//! #[traced_actor]
//! enum Message {
//!     Post,
//! }
//!
//! struct Guild;
//!
//! #[traced_actor]
//! impl Guild {
//!     async fn handle(&mut self, message: Message) {
//!         let Message::Post = message;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let metrics = Metrics::builder().install().unwrap(); // before the first actor starts
//! let guild = spawn(Guild, 8);
//! guild.cast(Message::Post).await.unwrap();
//! guild.join().await.unwrap();
//!
//! let snapshot = metrics.snapshot();
//! let posts = snapshot.kind("Guild", "Post").unwrap();
//! println!("{} messages, {:?} in the handler at most", posts.messages, posts.handling.max());
//! # assert_eq!(posts.messages, 1);
//! # }
//! ```
//!
//! # What is counted
//!
//! | of | counted |
//! |---|---|
//! | an actor and a kind | messages, failures by type, the wait in the mailbox, the handling time, running handlers |
//! | an actor | mailboxes with depth, capacity and oldest message; dead letters; starts, restarts and ends |
//! | a type of message and a kind | sends, waits for room, failed sends by reason |
//! | tracing | its own time, by step, while a meter or a governor runs |
//! | asks | answers, timeouts, lost replies |
//! | the process | failed sends and asks, and panics, by type, with those of frameworks |
//!
//! Counts are exact. A quantile differs from the exact value by at most 2.2 %. See [`Histogram`].
//!
//! # Cost and limits
//!
//! Each thread counts in its own arrays, which are merged when they are read. A timed message reads the clock three
//! times. [`MetricsBuilder::time_one_in`] times only some messages. All tables are limited, and everything beyond a limit is
//! counted under a common name ([`Snapshot::overflow`]).
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `opentelemetry` | | `observe` adds the counts to a meter, and `OtlpExporter` exports the histograms with exemplars |
//! | `serde` | | the types of snapshots implement `Serialize` and `Deserialize` |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod asks;
mod cells;
mod clock;
#[cfg(feature = "serde")]
mod digits;
mod estimate;
mod families;
mod histogram;
mod instances;
mod local;
mod metrics;
mod names;
mod observer;
mod open;
mod open_work;
#[cfg(feature = "opentelemetry")]
mod otel;
mod prometheus;
mod receivers;
mod settings;
mod slab;
mod snapshot;
mod state;
mod timings;
mod watch;

pub use clock::MetricsClock;
pub use estimate::{Estimate, KindEstimate, QuantileEstimate, SpanEstimates};
pub use histogram::{Bucket, Histogram, RELATIVE_ERROR, SCALE};
pub use instances::{Instance, Interval, Rank, Share};
pub use metrics::{InstallError, Metrics, MetricsBuilder};
pub use names::OVERFLOW;
pub use open_work::{OpenAsk, OpenHandling, OpenMailbox, OpenWork, Place};
#[cfg(feature = "opentelemetry")]
pub use otel::{OtlpExporter, observe};
pub use prometheus::CONTENT_TYPE;
pub use snapshot::{ActorStats, AskStats, Exemplar, KindStats, Overflow, SendStats, Snapshot, TracingCost};
pub use watch::{Overdue, Watch, Watching};
