//! Traces actors of [actix](https://docs.rs/actix) 0.13.
//!
//! Put `#[traced_actor(actix)]` on `impl Actor for ..`, whose context is this crate's [`Context`], and on the message
//! types. Call sites do not change: actix asks the context to pack each message where it is sent, and the trace is
//! packed with it.
//!
//! ```
//! use actix::prelude::*;
//! use traced_actor::{testkit, traced_actor};
//! use traced_actor_actix::Context;                // new
//!
//! struct Guild {
//!     users: Vec<u64>,
//! }
//!
//! #[traced_actor(actix)]                          // new
//! impl Actor for Guild {
//!     type Context = Context<Self>;
//! }
//!
//! #[traced_actor(actix)]                          // new
//! struct Join {
//!     user: u64,
//! }
//! # impl Message for Join { type Result = (); } // a derive, in a program with actix's feature `macros`
//!
//! impl Handler<Join> for Guild {
//!     type Result = ();
//!
//!     fn handle(&mut self, join: Join, _: &mut Context<Self>) {
//!         self.users.push(join.user);
//!     }
//! }
//!
//! # actix::System::new().block_on(async {
//! let spans = testkit::record();
//! let guild = Guild { users: Vec::new() }.start();
//! guild.send(Join { user: 7 }).await.unwrap();
//! testkit::assert_tree!(spans, "Guild/Join");
//! # });
//! ```
//!
//! The options are those of [`traced_actor`](traced_actor::traced_actor): `name`, `start`, `sampler`, `fanout_budget`
//! and `hop_limit` on both, and `#[traced(..)]` on messages. With `#[traced_actor(actix, by_type)]` on the actor, its
//! messages need no attribute. Each is then named by its type, attributes on messages are ignored, and errors that
//! handlers return are not seen.
//!
//! # Contexts and supervisors
//!
//! Import this crate's items explicitly. An explicit `use` takes precedence over `actix::prelude::*`, so `type Context
//! = Context<Self>` and the signatures of handlers do not change. The attribute generates the methods `Guild::start`,
//! `start_default`, `create` and `start_in_arbiter`, because those of actix's trait work only with its own context. If
//! an actor already has such a method, exclude it: `#[traced_actor(actix, own(start))]`. An actor that overrides one of
//! the trait's methods needs no exclusion. For the same reason, import
//! [`Supervisor`], [`SyncArbiter`], [`SyncContext`], [`SystemService`], [`ArbiterService`] and the registries from here
//! instead of from actix. All are in [`prelude`], which can replace `actix::prelude` as a whole.
//!
//! # How traces continue
//!
//! | in actix | the message's span |
//! |---|---|
//! | `do_send`, `try_send`, `send` | a child of the sender's |
//! | [`Recipient`](actix::Recipient), [`WeakRecipient`](actix::WeakRecipient), [`WeakAddr`](actix::WeakAddr) | a child of the sender's |
//! | a send to many recipients | a child of the sender's; with [`broadcast`], `#[traced(fanout = n)]` or [`fanout`](traced_actor::fanout()), sampled as one fan-out |
//! | a `send` that waits for room | a child of the span that awaits it |
//! | a `send` whose future is dropped | none: actix does not handle a message that nobody waits for |
//! | a handler that returns a value, [`MessageResult`](actix::MessageResult) | ends with the handler |
//! | [`ResponseFuture`](actix::ResponseFuture), [`ResponseActFuture`](actix::ResponseActFuture), [`AtomicResponse`](actix::AtomicResponse), [`ActorResponse`](actix::ActorResponse) | ends with the future, whose sends continue it |
//! | [`Response::fut`](actix::Response::fut) | **not supported**: ends with the handler, and sends of the future start a trace. actix spawns the future itself, and its fields are private: use `ResponseFuture` |
//! | `notify` | a child of the handled message's |
//! | `notify_later`, `add_message_stream` | **starts a trace** each time, since the message that started the timer or the stream may have ended long ago |
//! | `ctx.spawn`, `ctx.wait`, `.into_actor(self).spawn(ctx)` | no span; sends of the future continue the message whose handler spawned it. To separate the future, spawn [`within`](traced_actor::actor::within)`(MessageContext::ABSENT, future)` |
//! | `run_later`, `run_interval`, `run_interval_at` | no span; sends **start a trace** |
//! | `add_stream`, [`StreamHandler`](actix::StreamHandler) | no span, since items are not messages; sends of the handler **start a trace** |
//! | `started`, `stopping`, `stopped` | no span; sends **start a trace** |
//! | `actix::spawn`, [`Arbiter::spawn`](actix::Arbiter::spawn) | no span; sends of the future **start a trace**. [`task::spawn_local`](traced_actor::task::spawn_local) continues the message |
//! | a stashed message that is sent again | a child of the handler that sends it again. To continue the trace in which it was stashed, keep an [`Envelope::capture`](traced_actor::Envelope::capture) of it, and open that |
//! | a handler that is called by another handler | no span; its sends continue the message of that handler |
//! | [`Mocker`](actix::actors::mocker::Mocker) in place of an actor | no span, since it has actix's own context |
//! | [`SyncArbiter`] | like any other actor |
//! | [`SystemService`], [`ArbiterService`] | like any other actor |
//! | [`Supervisor`], an actor in another [`Arbiter`](actix::Arbiter) | like any other actor |
//! | an actor with another context, such as `WebsocketContext` of `actix_web_actors` | **not supported**: that crate is deprecated, and its context packs messages itself. [Carry the context by hand](traced_actor::Envelope::capture), as in `struct Deliver(Envelope<Text>)`. Sends of its own handlers **start a trace** |
//! | `AsyncContext::notify` in code that is generic over the context | no span of its own; sends of its handler continue the message in whose handler it was called |
//!
//! # Attributes on the span
//!
//! * `actor.message.mode` is `call` if the sender waits for an answer, and otherwise `cast`.
//! * `error.type` of a handler's span is `mailbox_full`, `not_running`, `timeout` or `stopped` if the handler returns
//!   such an error from a failed send, and `panic`, `cancelled` or `restarting` if its future did not complete.
//! * Call [`record_failure`](RecordFailure::record_failure) for a failed send that the handler does not return. actix
//!   returns a message that it does not accept to the sender, without calling this crate. It reports nothing about a
//!   `do_send` to an actor that has ended.
//! * [`Counters::failures`](traced_actor::Counters::failures) counts all failures, and [`restarts`] counts restarted
//!   actors.
//! * A message that is left in the mailbox of an actor that ends has a span without a duration if its sender was sampled,
//!   with the `error.type` `not_running`. [`undelivered_messages`] counts these messages, sampled or not.
//!
//! # Cost
//!
//! Each message takes eight bytes more in the box that actix allocates for it. While nothing is sampled, nothing else
//! is allocated.
#![forbid(unused_must_use)]

/// Contains what generated code uses. Not part of the public API.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod actor;
mod broadcast;
mod context;
mod envelope;
mod failure;
mod handle;
mod in_span;
mod items;
mod message;
pub mod prelude;
mod registry;
mod responding;
mod restart;
mod start;
mod supervisor;
mod sync_context;

pub use actor::{TracedActor, TracedContext, undelivered_messages};
pub use broadcast::broadcast;
pub use context::Context;
pub use failure::RecordFailure;
pub use message::TracedMessage;
pub use registry::{ArbiterService, Registry, SystemRegistry, SystemService};
pub use restart::restarts;
pub use supervisor::Supervisor;
pub use sync_context::{SyncArbiter, SyncContext};

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
