//! Traces actors of [kameo](https://docs.rs/kameo) 0.22.
//!
//! Put `#[traced_actor(kameo)]` on the actor (above its `#[derive(Actor)]`, or on its `impl Actor for ..`) and on each
//! `impl Message<..> for ..`. Call sites do not change, and no `tracing` subscriber is needed.
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
//! The options are those of [`traced_actor`](traced_actor::traced_actor): `name`, `start`, `sampler`, `fanout_budget`
//! and `hop_limit` on the actor, for all of its messages. A message needs no attribute. With `#[traced_actor]` it
//! accepts `#[traced(..)]`, such as `fields`, `fanout` and `skip`, and each variant of an enum is a kind.
//!
//! # How it works
//!
//! For each `ask` and `tell`, kameo calls the message's [`name`](kameo::message::Message::name) once, where the sender
//! makes the request, and stores the text beside the message. The attribute returns a text whose address stands for the
//! sender's context. When the actor takes the message out, the attribute restores the message's own name before kameo
//! reads it. So the context is that of the flow that calls `ask` or `tell`, and a lost message leaves no context in
//! memory. Do not call `name` yourself while a message is handled, since it would return such a text.
//!
//! The attribute adds two impls of `Message` to the actor: one for [`Enveloped`], and one for messages that arrive while
//! the actor starts. If type inference relied on there being only one impl, as in `guild.tell("hello".into())`, write
//! the type.
//!
//! # How traces continue
//!
//! | in kameo | the message's span |
//! |---|---|
//! | `tell`, `ask`, with every way to send: `try_send`, `blocking_send`, `enqueue`, timeouts | a child of the sender's |
//! | [`Recipient`](kameo::actor::Recipient), [`ReplyRecipient`](kameo::actor::ReplyRecipient), `lookup` | a child of the sender's |
//! | [`Context::forward`](kameo::message::Context::forward), `try_forward` | a child of the forwarding handler's |
//! | `tell(..).send_after(..)` | a child of the span that made the request, because kameo asks for the name before it knows about the delay. Put `#[traced(link)]` on a message by which an actor wakes itself, so that each wake-up is a trace |
//! | a message that arrives before the actor has started | a child of the sender's, handled once the actor has started |
//! | a message to oneself | a child of the handler's; cut by `hop_limit` |
//! | a stashed message that is sent again | a child of the handler that sends it again. If it was kept as [`Enveloped`], it is a child of the handler that stashed it |
//! | a delegated reply | has no span; the task that computes it continues the trace if it is a [`task::spawn`](traced_actor::task::spawn) |
//! | [`Context::spawn`](kameo::message::Context::spawn) | sends of its future **start a trace**, because kameo starts a plain task. Create an [`Enveloped`] message before the spawn, or put the future into [`actor::within`](traced_actor::actor::within) |
//! | [`Context::pipe`](kameo::message::Context::pipe) | **starts a trace**, for the same reason; a message that is made [`Enveloped`] in the handler continues it |
//! | [`Context::pipe_with`](kameo::message::Context::pipe_with) | the continuation is not a message and has no span; its sends **start a trace** |
//! | [`attach_stream`](kameo::actor::ActorRef::attach_stream) | **starts a trace** for each item, since the message that attached the stream may have ended long ago |
//! | several sends in a [`fanout`](traced_actor::fanout()) | a child of the sender's, sampled as one fan-out |
//! | `kameo_actors::pubsub::PubSub`, used as a value in your own actor | a child of the publisher's; in a `fanout`, sampled as one |
//! | `PubSub`, `MessageBus`, `ActorPool` and others as separate actors | **starts a trace**, because they do not know contexts. With [`Enveloped`] in `Publish` and `Dispatch`, a child of the sender's; with [`Enveloped::to_many`], as a fan-out |
//! | `on_start`, `on_stop`, `on_panic`, `on_link_died`, links and supervision | no span, since they handle no message; their sends **start a trace** |
//! | a task of `tokio::spawn` | its sends **start a trace**; [`task::spawn`](traced_actor::task::spawn) continues the message |
//! | a restarted actor | handles the rest of its mailbox, each message as a child of its own sender's |
//! | a handler that panics or whose actor is killed | ends with the `error.type` `panic` or `cancelled` |
//! | `Message::handle` called by another handler | a child of that handler's span |
//! | an actor with its own `next` | like any other |
//! | an actor with its own `on_message` | **starts a trace**: such an actor may stash messages, so it is not known which one it handles. An [`Enveloped`] message is a child of its sender's |
//! | an impl of `Message` without the attribute | no span, and its sends **start a trace** |
//! | kameo's `#[messages]` | like an impl of `Message` for each method, with `#[traced_actor(kameo)]` above it. Options of one message: `#[message(traced_actor, traced(fields(user)))]` |
//! | an actor on another node | with [`Enveloped`], a child of the sender's if both nodes have this crate; otherwise **starts a trace** |
//!
//! # Attributes on the span
//!
//! * `actor.message.mode` is `call` for an ask and `cast` for a tell. All adapters use these words.
//! * `error.type` of a handler's span is `not_running`, `stopped`, `restarting`, `mailbox_full` or `timeout` if the
//!   handler replies with such an error from a failed send, and `panic` or `cancelled` if it did not return.
//! * Call [`record_failure`](RecordFailure::record_failure) for a failed send that the handler does not reply with.
//!   kameo returns a message that it does not accept to the sender, without calling this crate. A failed
//!   [`ForwardedReply`](kameo::reply::ForwardedReply) cannot be inspected.
//! * If a message ends its actor, the span of that message has `panic`. kameo returns asks that it cannot deliver before a
//!   restart, with `restarting` on the span of the asker, and asks that are left in the mailbox, with `not_running`.
//! * [`failures`] counts all failures, and also told messages left in a mailbox, deaths of linked actors, and restarts. These
//!   are on no span: kameo reports them outside of any message, and without the context of the messages.
//!
//! # Between nodes
//!
//! Enable the feature `remote`, which enables that of kameo. Put the attribute above `#[remote_message]`, and send a
//! message together with its context:
//!
//! ```text
//! #[traced_actor(kameo)]                          // new, above
//! #[remote_message("join")]
//! impl Message<Join> for Guild { .. }
//!
//! guild.ask(&Join { user: 7 }.enveloped()).await?;   // `.enveloped()` is new, of `traced_actor_kameo::IntoEnveloped`
//! ```
//!
//! kameo's ids do not change, including generated ones, and one id serves messages with and without a context. kameo
//! writes a struct with named fields as a map, and the context is one more key in it. A node without this crate ignores
//! the key, so nodes can be upgraded and rolled back in any order. A type with `#[serde(deny_unknown_fields)]` rejects
//! the key. A message without named fields has no place for a key. It is sent unchanged, and starts a trace.
//!
//! An enum needs an envelope, which a node without this crate cannot read. So enums are sent bare until you call
//! `set_enum_encoding`, once every node has this crate. `set_edge` sets how far contexts from other nodes are trusted.
//!
//! A message without a sampling decision has the same bytes as without this crate. An unsampled message has 11 bytes
//! more. A sampled one has 39 bytes more, and the parts of its context besides the ids. A `tell` without `send_ack` is
//! lost if the receiving node ends before it reads the message, with or without traces.
//!
//! With the feature `flight`, `connect_flight` connects the flight recorders of the nodes: if one of them keeps a trace, the
//! others keep their parts of it. A message that a recorder has recorded without sampling it carries its ids as well, and a
//! node without a recorder treats it as unsampled.
//!
//! # kameo's own tracing
//!
//! kameo's feature `tracing` creates its own span for each handled message, which is a root since 0.22.2. It is not
//! needed here, and with a subscriber it costs more than all of this crate. To disable it, write `default-features =
//! false, features = ["macros"]`.
//!
//! **Never enable kameo's feature `otel` together with this crate.** It needs `opentelemetry` 0.31, whose current
//! context is a different one from that of the version that `traced-actor-opentelemetry` uses. It also makes each
//! message a root with links, beside our spans.
//!
//! # Cost
//!
//! Messages need no additional memory. While nothing is sampled, nothing is allocated, except for a message that
//! arrives while its actor starts. A sampled message's context is in a table with room for 65,536 contexts of 48 bytes,
//! which grows as needed. If more are in transit, the oldest are lost, counted in [`Failures::contexts_lost`], and
//! their messages start a trace.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unused_must_use)]

/// Contains what generated code uses. Not part of the public API.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod actor;
mod enveloped;
mod failure;
mod handle;
mod handover;
mod names;
mod outcome;
#[cfg(feature = "flight")]
mod promotions;
#[cfg(not(feature = "flight"))]
#[cfg(feature = "remote")]
mod promotions {
    //! Does nothing, without a flight recorder.
    pub(crate) const fn note(_: traced_actor::context::ContextState<'_>) {}
}
mod receive;
#[cfg(feature = "remote")]
mod remote;
mod send;
mod token;

pub use actor::TracedActor;
pub use enveloped::{Enveloped, IntoEnveloped};
pub use failure::{Failures, RecordFailure, failures};
#[cfg(feature = "flight")]
#[cfg_attr(docsrs, doc(cfg(feature = "flight")))]
pub use promotions::connect_flight;
#[cfg(feature = "remote")]
pub use remote::{set_edge, set_enum_encoding};

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
