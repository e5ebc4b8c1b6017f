//! Traces through actors of [actix](https://docs.rs/actix) 0.13.
//!
//! `#[traced_actor(actix)]` goes on `impl Actor for ..`, whose context is this crate's [`Context`], and on the message types. No call
//! site changes: actix asks the context to pack each message where it is sent, and the trace goes with it.
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
//! The options are those of [`traced_actor`](traced_actor::traced_actor): `name`, `start`, `sampler`, `fanout_budget` and `hop_limit` on
//! both, and `#[traced(..)]` on messages. With `#[traced_actor(actix, by_type)]` on the actor its messages need no attribute: each is
//! named by its type, what an attribute says is not read, and errors that handlers return are not seen.
//!
//! # Contexts, supervisors
//!
//! An explicit `use` goes before the one of `actix::prelude::*`, so that `type Context = Context<Self>` and the signatures of handlers
//! stay as they are. `Guild::start`, `start_default`, `create` and `start_in_arbiter` are methods that the attribute generates; those
//! of actix's trait are for its own context alone. An actor that has such a method itself says so:
//! `#[traced_actor(actix, own(start))]`. For the same reason [`Supervisor`], [`SyncArbiter`], [`SyncContext`],
//! [`SystemService`], [`ArbiterService`] and the registries are imported in the place of actix's. All are in [`prelude`], which may take
//! the place of `actix::prelude` as a whole.
//!
//! # What becomes of a trace
//!
//! | in actix | the message's span |
//! |---|---|
//! | `do_send`, `try_send`, `send` | below the sender's |
//! | [`Recipient`](actix::Recipient), [`WeakRecipient`](actix::WeakRecipient), [`WeakAddr`](actix::WeakAddr) | below the sender's |
//! | a send to many recipients | below the sender's; with [`broadcast`], `#[traced(fanout = n)]` or [`fanout`](traced_actor::fanout()), thinned out as one |
//! | a `send` that waits for room | below that of whoever awaits it |
//! | a `send` whose future is dropped | none: actix handles no message that nobody waits for |
//! | a handler that returns a value, [`MessageResult`](actix::MessageResult) | ends with the handler |
//! | [`ResponseFuture`](actix::ResponseFuture), [`ResponseActFuture`](actix::ResponseActFuture), [`AtomicResponse`](actix::AtomicResponse), [`ActorResponse`](actix::ActorResponse) | ends with the future, and what that sends is below it |
//! | [`Response::fut`](actix::Response::fut) | **not supported**: ends with the handler, and what the future sends starts a trace. actix spawns it itself, and its fields are private: write `ResponseFuture` |
//! | `notify` | below that of the message that is handled |
//! | `notify_later`, `add_message_stream` | **starts a trace**, each time: what started the timer or the stream may be long done |
//! | `ctx.spawn`, `ctx.wait`, `.into_actor(self).spawn(ctx)` | no span; what the future sends is below the message in whose handler it was spawned. A future of its own is spawned as [`within`](traced_actor::actor::within)`(MessageContext::ABSENT, future)` |
//! | `run_later`, `run_interval`, `run_interval_at` | no span; what it sends **starts a trace** |
//! | `add_stream`, [`StreamHandler`](actix::StreamHandler) | no span, since items are no messages; what the handler sends **starts a trace** |
//! | `started`, `stopping`, `stopped` | no span; what they send **starts a trace** |
//! | `actix::spawn`, [`Arbiter::spawn`](actix::Arbiter::spawn) | no span; what the future sends **starts a trace**. [`task::spawn_local`](traced_actor::task::spawn_local) goes on with the message |
//! | [`SyncArbiter`] | as any other actor |
//! | [`SystemService`], [`ArbiterService`] | as any other actor |
//! | [`Supervisor`], an actor in another [`Arbiter`](actix::Arbiter) | as any other actor |
//! | an actor with another context, such as `WebsocketContext` of `actix_web_actors` | **not supported**: that crate is deprecated, and its context packs messages itself. A message to it [carries its context by hand](traced_actor::Envelope::capture), as `struct Deliver(Envelope<Text>)`; what its own handlers send **starts a trace** |
//! | `AsyncContext::notify` in code that is generic over the context | no span of its own; what its handler sends is below the message in whose handler it was sent |
//!
//! # Facts on the span
//!
//! * `actor.message.mode` is `call` where the sender waits for an answer, else `cast`.
//! * `error.type` of a handler's span is `mailbox_full`, `not_running`, `timeout` or `stopped` where the handler returns such an error
//!   of actix's, of a send that failed; `panic`, `cancelled` or `restarting` where its future was not done.
//! * A failure that the handler does not return is recorded by [`record_failure`](RecordFailure::record_failure): actix gives a message
//!   back that it does not take, and nothing of ours is called. It tells nobody of a `do_send` to an actor that has ended.
//! * [`Counters::failures`](traced_actor::Counters::failures) counts them all, and [`restarts`] actors that were started anew.
//!
//! # Cost
//!
//! Eight bytes in the box that actix allocates for each message. While nothing is sampled, nothing more is allocated.
#![forbid(unused_must_use)]

/// Generated code names this; nobody else should.
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

pub use actor::{TracedActor, TracedContext};
pub use broadcast::broadcast;
pub use context::Context;
pub use failure::RecordFailure;
pub use message::TracedMessage;
pub use registry::{ArbiterService, Registry, SystemRegistry, SystemService};
pub use restart::restarts;
pub use supervisor::Supervisor;
pub use sync_context::{SyncArbiter, SyncContext};

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
