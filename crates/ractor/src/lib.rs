//! Traces actors of [ractor](https://docs.rs/ractor) 0.16, in one process and between the nodes of a cluster.
//!
//! Put `#[traced_actor(ractor)]` on the message type, above ractor's derive, and on `impl Actor for ..`. Call sites do
//! not change. The context is in the box in which ractor sends a message, and between nodes in the metadata beside its
//! bytes.
//!
//! ```
//! use ractor::{Actor, ActorProcessingErr, ActorRef};
//! use traced_actor::{testkit, traced_actor};
//!
//! #[traced_actor(ractor)]                         // new
//! enum Message {
//!     Join { user: u64 },
//! }
//!
//! struct Guild;
//!
//! #[traced_actor(ractor)]                         // new
//! impl Actor for Guild {
//!     type Msg = Message;
//!     type State = Vec<u64>;
//!     type Arguments = ();
//!
//!     async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<Vec<u64>, ActorProcessingErr> {
//!         Ok(Vec::new())
//!     }
//!
//!     async fn handle(
//!         &self,
//!         _: ActorRef<Message>,
//!         message: Message,
//!         users: &mut Vec<u64>,
//!     ) -> Result<(), ActorProcessingErr> {
//!         let Message::Join { user } = message;
//!         users.push(user);
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let spans = testkit::record();
//! let (guild, _) = Actor::spawn(None, Guild, ()).await.unwrap();
//! guild.cast(Message::Join { user: 7 }).unwrap();
//! spans.ended("Guild/Join", 1).await;
//! testkit::assert_tree!(spans, "Guild/Join");
//! # }
//! ```
//!
//! The options are those of [`traced_actor`](traced_actor::traced_actor): `name`, `start`, `sampler`, `fanout_budget`
//! and `hop_limit` on both, and `#[traced(..)]` on each variant or on a message struct. If the actor does not set an
//! option, its message's option is used.
//!
//! With ractor's feature `async-trait`, write `#[traced_actor(ractor)]` above `#[async_trait]`.
//!
//! # The feature `cluster`
//!
//! This crate enables ractor's feature `cluster`, because without it a message type cannot control how it is sent. With
//! that feature, every other message type of the program needs `#[derive(RactorMessage)]`. The compiler names each one. An
//! annotated message needs none. It needs no `impl ractor::Message for Message {}` either: remove that impl, since the
//! attribute generates it.
//!
//! # How traces continue
//!
//! | in ractor | the message's span |
//! |---|---|
//! | `cast`, `cast!`, `send_message` | a child of the sender's |
//! | `call`, `call!`, `call_t!`, `multi_call` | a child of the caller's; a reply has no span |
//! | `forward!`, `call_and_forward` | the call is a child of the caller's; **the forwarded reply starts a trace**, because ractor sends it from a separate task |
//! | process groups, `where_is`, [`ActorCell`](ractor::ActorCell) | a child of the sender's |
//! | a send to all members of a group | a child of the sender's; with [`broadcast`], `#[traced(fanout = n)]` or [`fanout`](traced_actor::fanout()), sampled as one fan-out |
//! | [`DerivedActorRef`](ractor::DerivedActorRef) | a child of the sender's |
//! | `send_after`, `send_interval` | **starts a trace** each time, since the message that started the timer may have ended long ago |
//! | [`OutputPort`](ractor::OutputPort) | **starts a trace**, because the port sends from a separate task |
//! | `pre_start` | no span; its sends continue the span that spawns the actor, since it runs in the future of that spawn |
//! | `handle_supervisor_evt`, `post_start`, `post_stop` | no span, since they handle no message; their sends **start a trace** |
//! | [`ThreadLocalActor`](ractor::thread_local::ThreadLocalActor) | like an `Actor`, with the same attribute |
//! | a handler that panics or is killed | ends with the `error.type` `panic` or `cancelled`; the actor that replaces it continues nothing |
//! | [`factory`](ractor::factory) | **not supported**, because a job is a message type of ractor. Put `traced_actor::Envelope::capture(..)` into the job, and open it in the worker |
//! | `handle` called by another actor's `handle` | a child of that actor's span |
//! | [`#[ractor::actor]`](https://docs.rs/ractor/0.16.5/ractor/attr.actor.html) on an impl | like an impl of `Actor`. Put `#[traced_actor(ractor)]` above it and on the enum of the messages, and write `message = Message` instead of `message = enum Message` |
//! | a task of `tokio::spawn` | its sends **start a trace**; [`task::spawn`](traced_actor::task::spawn) continues the message |
//! | a stashed message that is sent again | a child of the handler that sends it again. To continue the trace in which it was stashed, keep an [`Envelope::capture`](traced_actor::Envelope::capture) of it, and open that |
//! | a message that is left in the mailbox of an actor that ends | if the sender was sampled and in the same process: a child of the sender's, without a duration, named `Message/Join`, with the `error.type` `not_running` |
//! | an actor on another node | a child of the sender's, if both nodes have this crate |
//!
//! # Attributes on the span
//!
//! * `actor.message.mode` is `call` if the message has a reply port, and otherwise `cast`. The port is a field whose type is written
//!   `RpcReplyPort<..>`, also in an `Option`, a `Box` or an `Arc`.
//! * `error.type` of a handler's span is `not_running`, `stopped` or `timeout` if the handler returns such an error
//!   from a failed send or call, and `panic` or `cancelled` if it did not return.
//! * Call [`record_failure`](RecordFailure::record_failure) for a failed send that the handler does not return. ractor
//!   returns a message that it does not accept to the sender, without calling this crate.
//! * If a message ends its actor, the span of that message has the `error.type`: `panic`, or that of the error. A supervisor
//!   learns of it outside of any message, so there is no other span.
//! * [`failures`] counts all failures. There is no `mailbox_full`, because ractor's mailboxes are unbounded, and no
//!   `restarting`, because ractor does not restart actors by itself. The events of a supervisor are counted.
//!
//! # `message_span_propogation`
//!
//! This feature of ractor is enabled by default, also in `ractor_cluster`. It keeps the sender's `tracing` span open
//! until the message has been handled, and runs the handler inside of that span. Parents stay correct: a span that the
//! handler creates with `tracing` is a child of the message's span, if both are recorded by OpenTelemetry. But the
//! sender's span seems to last until its last message has been handled. To let it end with the sender, call
//! [`ignore_message_spans`] at the start of the program. Or disable the feature in every crate of the program
//! (`default-features = false, features = ["tokio_runtime"]`).
//!
//! ractor also creates a `tracing` span for each actor, which lasts as long as the actor. Filter these spans with
//! `ractor=off` if you export `tracing`'s spans.
//!
//! # Between nodes
//!
//! The bytes of a message are those of ractor's derive, and a node without this crate ignores the metadata. So nodes
//! can be upgraded and rolled back in any order. A message without a sampling decision has no metadata. An unsampled
//! one has four bytes. A sampled one has 30 bytes, and the parts of its context besides the ids. If a hand-written
//! [`ractor::Message`] writes metadata, that is kept, and the context is left out. [`set_edge`] sets how far contexts
//! from other nodes are trusted.
//!
//! With the feature `flight`, `connect_flight` connects the flight recorders of the nodes: if one of them keeps a trace, the
//! others keep their parts of it. A message that a recorder has recorded without sampling it carries its ids as well, and a
//! node without a recorder treats it as unsampled.
//!
//! A cast is lost if the receiving node ends before it reads the message, with or without traces.
//!
//! # Cost
//!
//! Each message takes 24 bytes more in the box that ractor allocates for it. While nothing is sampled, nothing else is
//! allocated.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unused_must_use)]

/// Contains what generated code uses. Not part of the public API.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod broadcast;
mod carrier;
mod cluster;
mod failure;
mod handle;
mod handover;
mod message;
mod message_span;
#[cfg(feature = "flight")]
mod promotions;
#[cfg(not(feature = "flight"))]
mod promotions {
    //! Does nothing, without a flight recorder.
    pub(crate) const fn note(_: &traced_actor::context::MessageContext) {}
}

pub use broadcast::broadcast;
pub use carrier::{box_message, from_boxed};
pub use cluster::set_edge;
pub use failure::{Failures, RecordFailure, failures};
pub use message::TracedMessage;
pub use message_span::ignore_message_spans;
#[cfg(feature = "flight")]
#[cfg_attr(docsrs, doc(cfg(feature = "flight")))]
pub use promotions::connect_flight;
pub use traced_actor_propagation::EdgeAlreadySet;

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
