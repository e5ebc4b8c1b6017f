//! Traces messages between tokio actors: each message carries its trace context, with one attribute on the actor.
//!
//! ```
//! use traced_actor::sync::{mpsc, oneshot};        // was tokio::sync
//! use traced_actor::traced_actor;
//!
//! #[traced_actor]                                 // new
//! pub enum Message {
//!     Join { session: u64 },
//!     #[traced(fanout = recipients.len(), fields(channel, text_len = text.len()))]
//!     Post { channel: u64, recipients: Vec<u64>, text: String },
//!     Count { respond_to: oneshot::Sender<usize> },
//!     #[traced(skip)]
//!     Tick,
//! }
//!
//! pub struct Guild {
//!     receiver: mpsc::Receiver<Message>,
//!     sessions: Vec<u64>,
//! }
//!
//! #[traced_actor]                                 // new
//! impl Guild {
//!     pub async fn run(mut self) {
//!         while let Some(message) = self.receiver.recv().await {
//!             self.handle_message(message).await.ok();
//!         }
//!     }
//!
//!     async fn handle_message(&mut self, message: Message) -> Result<(), String> {
//!         match message {
//!             Message::Join { session } => self.sessions.push(session),
//!             Message::Count { respond_to } => drop(respond_to.send(self.sessions.len())),
//!             Message::Post { text, .. } if text.is_empty() => return Err("nothing to post".into()),
//!             Message::Post { .. } | Message::Tick => {}
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! Each handled message has a span, such as `Guild/Post`, which is a child of its sender's span.
//! [`macro@traced_actor`] documents the attribute and its options.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`sync`] | tokio's `sync` with a traced `mpsc`; when spans open and close; [`sync::wrap`] for any other channel |
//! | [`mod@tokio`] | the crate tokio with that `sync`: one import for a file that names channels by full paths |
//! | [`mod@fanout`], [`actor`] | broadcasts; `spawn`, `call`, tasks that continue a trace, spans around handlers |
//! | [`Envelope`], [`wire`] | a message with its context, for other channels and for serde |
//! | [`sampling`] | samplers, and how fan-outs are sampled without bias |
//! | [`testkit`] | a recorder for tests; programs use the crates `traced-actor-opentelemetry` or `traced-actor-console` |
//! | [`context`], [`w3c`], [`record`], [`observe`] | the parts that the modules above are built from |
//!
//! The crate `traced-actor-propagation` reads and writes trace headers of requests. The crate `traced-actor-wire`
//! encodes messages as bytes.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `serde` | | `Envelope<M>` implements `Serialize` and `Deserialize` |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unused_must_use)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!(
    "traced-actor is for targets of 64 bits: a queued message carries its context in one word of eight bytes, and the \
     sizes that are promised are checked when it is compiled"
);

#[macro_use]
mod opaque;

/// Contains what generated code uses. Not part of the public API.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod actor;
pub mod context;
mod envelope;
pub mod fanout;
mod flow;
pub mod observe;
pub mod record;
pub mod sampling;
mod short_text;
pub mod sync;
pub mod testkit;
pub mod tokio;
pub mod w3c;
pub mod wire;

pub use actor::{
    Actor, ActorRef, CallError, CurrentSpan, Exit, MessageSpan, OnPanic, Spawn, current_span, lost_context,
    spawn, task,
};
pub use context::{SpanId, TraceContext, TraceFlags, TraceId};
pub use envelope::{Envelope, Message};
pub use fanout::{broadcast, fanout};
pub use record::{Counters, Fields, counters, field};
pub use sampling::{Key, Kind, Options};
pub use sync::{Traced, TracedExt, instance};
/// Traces an actor. Put it on a message type, an `impl` block, a function, or an inline module that contains them.
///
/// ```
/// use traced_actor::{sync::mpsc, traced_actor};
///
/// #[traced_actor]
/// pub enum Message {
///     Join { session: u64 },
///     #[traced(fanout = recipients.len(), fields(channel, text_len = text.len()))]
///     Post { channel: u64, recipients: Vec<u64>, text: String },
///     #[traced(skip)]
///     Tick,
/// }
///
/// pub struct Guild {
///     receiver: mpsc::Receiver<Message>,
///     posts: usize,
/// }
///
/// #[traced_actor]
/// impl Guild {
///     pub async fn run(mut self) -> usize {
///         while let Some(message) = self.receiver.recv().await {
///             if let Err(error) = self.handle_message(message).await {
///                 eprintln!("{error}");
///             }
///         }
///         self.posts
///     }
///
///     async fn handle_message(&mut self, message: Message) -> Result<(), String> {
///         match message {
///             Message::Post { text, .. } if text.is_empty() => Err("nothing to post".to_owned()),
///             Message::Post { .. } => Ok(self.posts += 1),
///             Message::Join { .. } | Message::Tick => Ok(()),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (sender, receiver) = mpsc::channel(8);
/// let post = Message::Post { channel: 1, recipients: vec![2, 3], text: "hello".to_owned() };
/// sender.send(post).await.unwrap();
/// drop(sender);
/// assert_eq!(Guild { receiver, posts: 0 }.run().await, 1);
/// # }
/// ```
pub use traced_actor_macros::traced_actor;
