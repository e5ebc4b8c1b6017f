//! Traces through actors of [kameo](https://docs.rs/kameo) 0.22.
//!
//! `#[traced_actor(kameo)]` goes on the actor (above its `#[derive(Actor)]`, or on its `impl Actor for ..`) and on each `impl
//! Message<..> for ..`. No call site changes, and no `tracing` subscriber is needed.
//!
//! ```
//! use kameo::prelude::*;
//! use traced_actor::{testkit, traced_actor};
//!
//! #[traced_actor(kameo)]                          // new
//! #[derive(Actor)]
//! struct Guild {
//!     users: Vec<u64>,
//! }
//!
//! struct Join {
//!     user: u64,
//! }
//!
//! #[traced_actor(kameo)]                          // new
//! impl Message<Join> for Guild {
//!     type Reply = usize;
//!
//!     async fn handle(&mut self, join: Join, _: &mut Context<Self, usize>) -> usize {
//!         self.users.push(join.user);
//!         self.users.len()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let spans = testkit::record();
//! let guild = Guild::spawn(Guild { users: Vec::new() });
//! assert_eq!(guild.ask(Join { user: 7 }).await.unwrap(), 1);
//! spans.ended("Guild/Join", 1).await;
//! testkit::assert_tree!(spans, "Guild/Join");
//! # }
//! ```
//!
//! The options are those of [`traced_actor`](traced_actor::traced_actor): `name`, `start`, `sampler`, `fanout_budget` and `hop_limit` on
//! the actor, for all of its messages. A message needs no attribute; with `#[traced_actor]` it takes `#[traced(..)]`, such as
//! `fields`, `fanout` and `skip`, and an enum is a kind for each variant.
//!
//! # How it works
//!
//! kameo asks a message for its [`name`](kameo::message::Message::name) once for each `ask` and `tell`, where the sender makes the
//! request, and keeps the text beside the message. The attribute answers with a text whose place in memory stands for the sender's
//! context, and gives the message its own name back when the actor takes it out, before kameo looks at it. So the context is that
//! of the flow that calls `ask` or `tell`, wherever that is, and none is left in memory by a message that is lost. Do not call
//! `name` yourself while a message is handled: it answers with such a text.
//!
//! A type of the actor's own crate gets two more impls of `Message`: of [`Traced`], and one for messages that come while the
//! actor starts. Where the only impl decided what a call such as `guild.tell("hello".into())` means, say the type.
//!
//! # What becomes of a trace
//!
//! | in kameo | the message's span |
//! |---|---|
//! | `tell`, `ask`, with every way to send: `try_send`, `blocking_send`, `enqueue`, timeouts | below the sender's |
//! | [`Recipient`](kameo::actor::Recipient), [`ReplyRecipient`](kameo::actor::ReplyRecipient), `lookup` | below the sender's |
//! | [`Context::forward`](kameo::message::Context::forward), `try_forward` | below that of the handler that forwards |
//! | a message that comes before the actor has started | below the sender's, handled when it has started |
//! | a message to oneself | below the handler's; cut by `hop_limit` |
//! | a delegated reply | has no span; the task that makes it goes on with the trace if it is a [`task::spawn`](traced_actor::task::spawn) |
//! | [`Context::spawn`](kameo::message::Context::spawn) | what its future sends **starts a trace**: kameo starts a plain task. Make a message [`Traced`] before, or put the future into [`actor::within`](traced_actor::actor::within) |
//! | [`Context::pipe`](kameo::message::Context::pipe) | **starts a trace**, for the same reason; a message that is [`Traced`] in the handler is below it |
//! | [`Context::pipe_with`](kameo::message::Context::pipe_with) | the continuation is no message and has no span; what it sends **starts a trace** |
//! | [`attach_stream`](kameo::actor::ActorRef::attach_stream) | **starts a trace**, for each item: who attached the stream may be long done |
//! | several sends in a [`fanout`](traced_actor::fanout()) | below the sender's, thinned out as one |
//! | `kameo_actors::pubsub::PubSub` that one's own actor publishes with | below the publisher's; in a `fanout`, thinned out as one |
//! | `PubSub`, `MessageBus`, `ActorPool` and others as actors between | **starts a trace**: they know of none. With [`Traced`] in `Publish` and `Dispatch`, below the sender's; with [`Traced::to_many`], as a fan-out |
//! | `on_start`, `on_stop`, `on_panic`, `on_link_died`, links and supervision | no span: they handle no message; what they send **starts a trace** |
//! | an actor that is started anew | handles what was left in its mailbox, each message below its own sender's |
//! | a handler that panics or whose actor is killed | ends with `error.type` `panic` or `cancelled` |
//! | `Message::handle` called by another handler | a child of that handler's span |
//! | an actor with a `next` of its own | as any |
//! | an actor with an `on_message` of its own | **starts a trace**: such an actor may put messages aside, and then nobody knows which it handles. A [`Traced`] message is below its sender's |
//! | an impl of `Message` without the attribute | no span, and what it sends **starts a trace** |
//! | [`#[messages]`](kameo::messages) of kameo | as by an impl of `Message` for each method, with `#[traced_actor(kameo)]` above it. `#[message(traced_actor, traced(fields(user)))]` says more of one |
//! | an actor on another node | with [`Traced`], below the sender's, if both nodes have this crate; else **starts a trace** |
//!
//! # Facts on the span
//!
//! * `actor.message.mode` is `call` where the message was asked, `cast` where it was told: the words of all adapters.
//! * `error.type` of a handler's span is `not_running`, `stopped`, `restarting`, `mailbox_full` or `timeout` where the handler replies
//!   with such an error of kameo's, of a send that failed; `panic` or `cancelled`, where it did not return.
//! * A failure that the handler does not reply with is recorded by [`record_failure`](RecordFailure::record_failure): kameo gives a
//!   message back that it does not take, and nothing of ours is called. A [`ForwardedReply`](kameo::reply::ForwardedReply) that
//!   failed cannot be looked at.
//! * [`failures`] counts them all, and what is left in a mailbox, deaths of linked actors, and restarts.
//!
//! # Between nodes
//!
//! By the feature `remote`, which turns kameo's on. The attribute stands above `#[remote_message]`, and a message is sent with its
//! context in it:
//!
//! ```text
//! #[traced_actor(kameo)]                          // new, above
//! #[remote_message("join")]
//! impl Message<Join> for Guild { .. }
//!
//! guild.ask(&Join { user: 7 }.traced()).await?;   // `.traced()` is new, of `traced_actor_kameo::IntoTraced`
//! ```
//!
//! kameo's ids stay, those that it makes included, and one id serves messages with and without a context: to the bytes of a struct
//! with named fields, which kameo writes as a map, comes one more key. A node without this crate ignores it, so nodes are upgraded
//! and rolled back in any order. A type with `#[serde(deny_unknown_fields)]` refuses it. A message without named fields has no place
//! for a key; it is sent as it is, and starts a trace.
//!
//! An enum needs an envelope, which a node without this crate cannot read: enums are sent bare until `set_enum_encoding` says that
//! every node has it. What is believed of other nodes is said by `set_edge`.
//!
//! A message of kameo's that nobody has decided about has the bytes that it always had; one that is not sampled has 11 more, a
//! sampled one 39 and what its context says beside the ids. A `tell` without `send_ack` is lost where the node that it was sent to
//! ends before it is read: that is so with and without traces.
//!
//! # kameo's own tracing
//!
//! kameo's feature `tracing` makes a span of its own for each message that is handled, a root since 0.22.2. It is not needed here,
//! and costs more than all of this crate where a subscriber listens: `default-features = false, features = ["macros"]` turns it off.
//!
//! **Never turn kameo's feature `otel` on beside this crate.** It needs `opentelemetry` 0.31, whose current context is not that of
//! the version which `traced-actor-opentelemetry` exports with, and it makes each message a root with links, beside our spans.
//!
//! # Cost
//!
//! No memory beside a message. While nothing is sampled nothing is allocated, but for a message that comes while its actor starts.
//! A sampled message's context is in a table with room for 65,536 of them, 40 bytes each, which grows as it is used. Where more are
//! on their way, the oldest are lost, counted in [`Failures::contexts_lost`], and their messages start a trace.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unused_must_use)]

/// Generated code names this; nobody else should.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod actor;
mod failure;
mod handle;
mod handover;
mod names;
mod outcome;
mod receive;
#[cfg(feature = "remote")]
mod remote;
mod send;
mod token;
mod traced;

pub use actor::TracedActor;
pub use failure::{Failures, RecordFailure, failures};
#[cfg(feature = "remote")]
pub use remote::{set_edge, set_enum_encoding};
pub use traced::{IntoTraced, Traced};

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
