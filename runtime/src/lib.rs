//! See what happens inside your actors: messages that carry their trace, with one annotation on the actor.
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
//! Each message that is handled has a span, `Guild/Post`, below the span of whoever sent it. What the attribute
//! does and takes is said at [`macro@traced_actor`].
//!
//! # Where things are
//!
//! | module | what |
//! |---|---|
//! | [`sync`] | tokio's `sync` with the context inside of its `mpsc`; when spans open and close; [`sync::wrap`] for any other channel |
//! | [`mod@fanout`], [`actor`] | broadcasts; `spawn`, `call`, tasks that go on with a trace, scopes around handlers |
//! | [`Envelope`], [`wire`] | a message with its context: for other channels, and in serde's data model |
//! | [`sampling`] | who decides about a trace, and how fan-outs are thinned out without a bias |
//! | [`testkit`] | where spans go in a test; the crates `traced-actor-opentelemetry` and `traced-actor-console` are for programs |
//! | [`context`], [`w3c`], [`record`] | the parts that all of these are made of |
//!
//! Headers of requests are in the crate `traced-actor-propagation`, messages as bytes in `traced-actor-wire`.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `serde` | | `Envelope<M>` implements serde's traits |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unused_must_use)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!(
    "traced-actor is for targets of 64 bits: a queued message carries its context in one word of eight bytes, and the \
     sizes that are promised are checked when it is compiled"
);

/// Generated code names this; nobody else should.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod actor;
pub mod context;
mod envelope;
pub mod fanout;
mod flow;
pub mod record;
pub mod sampling;
mod short_text;
pub mod sync;
pub mod testkit;
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
/// Traces an actor: on its message type, its `impl` block, one of its functions, or an inline module that holds them.
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
