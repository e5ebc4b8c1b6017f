//! Metrics over every message of traced-actor's actors, sampled or not.
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
//! | of | what |
//! |---|---|
//! | an actor and a kind | messages, failures by type, the wait in the mailbox, the handling time, handlings that run |
//! | an actor | mailboxes, their depth and capacity, the oldest message, dead letters, starts, restarts, ends |
//! | a type of message and a kind | sends, waits for room, failed sends by reason |
//! | tracing | its own time, by step, while a meter or a governor runs |
//! | asks | answers, timeouts, lost replies |
//!
//! Counts are exact. A quantile differs from the true one by at most 2.2 %. See [`Histogram`].
//!
//! # Cost and bounds
//!
//! Each thread counts in arrays of its own, which are merged when they are read. A message that is timed reads the clock
//! three times; [`Builder::time_one_in`] times some of them. All tables have a bound, and
//! what is beyond it is counted under a name of its own ([`Snapshot::overflow`]).
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `opentelemetry` | | [`observe`] shows the counts to a meter, and [`OtlpExporter`] exports the histograms with exemplars |
//! | `serde` | | the types of snapshots implement `Serialize` and `Deserialize` |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cells;
mod clock;
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
mod settings;
mod slab;
mod snapshot;
mod state;
mod timings;
mod watch;

pub use clock::Clock;
pub use estimate::{Estimate, KindEstimate, QuantileEstimate, SpanEstimates};
pub use histogram::{Bucket, Histogram, RELATIVE_ERROR, SCALE};
pub use instances::{Instance, Interval, Rank, Share};
pub use metrics::{Builder, InstallError, Metrics};
pub use names::OVERFLOW;
pub use open_work::{OpenAsk, OpenHandling, OpenMailbox, OpenWork, Place};
#[cfg(feature = "opentelemetry")]
pub use otel::{OtlpExporter, observe};
pub use prometheus::CONTENT_TYPE;
pub use snapshot::{ActorStats, AskStats, Exemplar, KindStats, Overflow, SendStats, Snapshot, TracingCost};
pub use watch::{Overdue, Watch, Watching};
