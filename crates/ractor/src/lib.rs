//! Traces through actors of [ractor](https://docs.rs/ractor) 0.16, in one process and between the nodes of a cluster.
//!
//! `#[traced_actor(ractor)]` goes on the message type, above ractor's derive, and on `impl Actor for ..`. No call site changes: the
//! context rides in the box in which ractor sends a message, and between nodes in the metadata beside its bytes.
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
//! The options are those of [`traced_actor`](traced_actor::traced_actor): `name`, `start`, `sampler`, `fanout_budget` and `hop_limit` on
//! both, and `#[traced(..)]` on each variant or on a message struct. What the actor does not say holds as its message says it.
//!
//! With ractor's feature `async-trait` write `#[traced_actor(ractor)]` above `#[async_trait]`.
//!
//! # The feature `cluster`
//!
//! This crate turns ractor's feature `cluster` on: without it a message type has no say in how it is sent. With it every other
//! message type of the program needs `#[derive(RactorMessage)]`; the compiler names each.
//!
//! # What becomes of a trace
//!
//! | in ractor | the message's span |
//! |---|---|
//! | `cast`, `cast!`, `send_message` | below the sender's |
//! | `call`, `call!`, `call_t!`, `multi_call` | below the caller's; a reply has none |
//! | `forward!`, `call_and_forward` | the call below the caller's; **the forwarded reply starts a trace**: ractor sends it from a task of its own |
//! | process groups, `where_is`, [`ActorCell`](ractor::ActorCell) | below the sender's |
//! | a send to all members of a group | below the sender's; with [`broadcast`], `#[traced(fanout = n)]` or [`fanout`](traced_actor::fanout()) thinned out as one |
//! | [`DerivedActorRef`](ractor::DerivedActorRef) | below the sender's |
//! | `send_after`, `send_interval` | **starts a trace**, each time: what started the timer may be long done |
//! | [`OutputPort`](ractor::OutputPort) | **starts a trace**: the port sends from a task of its own |
//! | `pre_start` | no span; what it sends is below whoever spawns the actor, in whose future it runs |
//! | `handle_supervisor_evt`, `post_start`, `post_stop` | no span: they handle no message; what they send **starts a trace** |
//! | [`ThreadLocalActor`](ractor::thread_local::ThreadLocalActor) | as an `Actor`, with the same attribute |
//! | a handler that panics or is killed | ends with `error.type` `panic` or `cancelled`; the actor that is started in its place continues nothing |
//! | [`factory`](ractor::factory) | **not supported**: a job is a message of ractor's own. Put `traced_actor::Envelope::capture(..)` into the job, and open it in the worker |
//! | `handle` called by another actor's `handle` | a child of that actor's span |
//! | an actor on another node | below the sender's, if both nodes have this crate |
//!
//! # Facts on the span
//!
//! * `actor.message.mode` is `call` where the message has a reply port, else `cast`.
//! * `error.type` of a handler's span is `not_running`, `stopped` or `timeout` where the handler returns such an error of ractor's, of a
//!   send or a call that failed; `panic` or `cancelled`, where it did not return.
//! * A failure that the handler does not return is recorded by [`record_failure`](RecordFailure::record_failure): ractor gives a
//!   message back that it does not take, and nothing of ours is called.
//! * [`failures`] counts them all. A mailbox of ractor's has no bound and is never full, and ractor starts no actor anew by
//!   itself: counted is what a supervisor is told of.
//!
//! # `message_span_propogation`
//!
//! This feature of ractor is on by default, in `ractor_cluster` as well. It keeps the sender's `tracing` span open until the message
//! has been handled, and runs the handler inside of it. The parents do not double: a span that the handler makes with `tracing` is
//! below the message's span, if both are recorded by OpenTelemetry. But the sender's span seems to last until the last of its
//! messages has been handled. [`ignore_message_spans`] at the start of the program lets it end when the sender is done. Another way
//! is to turn the feature off in every crate of the program (`default-features = false, features = ["tokio_runtime"]`).
//!
//! ractor also makes a `tracing` span for each actor, as long as the actor lives. Filter them with `ractor=off` if you export
//! `tracing`'s spans.
//!
//! # Between nodes
//!
//! The bytes of a message stay those of ractor's derive, and a node that does not know of traces ignores the metadata: nodes are
//! upgraded, and rolled back, in any order. A message that nobody has decided about has no metadata; one that is not sampled has
//! four bytes; a sampled one has 30 and what its context says beside the ids. Metadata that a hand-written
//! [`ractor::Message`] writes is kept, and the context is left out. What is believed of other nodes is said by [`set_edge`].
//!
//! A cast is lost where the node that it was sent to ends before it is read: that is so with and without traces.
//!
//! # Cost
//!
//! 24 bytes in the box that ractor allocates for each message. While nothing is sampled, nothing more is allocated.
#![forbid(unused_must_use)]

/// Generated code names this; nobody else should.
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

pub use broadcast::broadcast;
pub use carrier::{box_message, from_boxed};
pub use cluster::set_edge;
pub use failure::{Failures, RecordFailure, failures};
pub use message::TracedMessage;
pub use message_span::ignore_message_spans;
pub use traced_actor_propagation::AlreadySet;

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
