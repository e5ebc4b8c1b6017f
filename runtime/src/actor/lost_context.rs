//! Compile-time warnings of `#[traced_actor]` about code that loses the trace of a message.
//!
//! If a handler or a receive loop starts a task with `tokio::spawn`, messages that the task sends start new traces.
//! The macro finds such calls by their paths, in these functions and in the methods that they call. It also finds an
//! `async` block that is given to a method `spawn`, as of a `JoinSet`. Each warning is the deprecation note of one of
//! these functions:
//!
//! ```text
//! warning: use of deprecated function `traced_actor::lost_context::tokio_spawn`: messages of this task do
//!          not continue the trace: write `traced_actor::task::spawn`, …
//! ```
//!
//! If a loop or a handler stores a received message in a collection, and a handler gets it out of there later, its context
//! is lost as well. Store an envelope: `self.stash.push_back(Envelope::hold(message))`. A loop that matches such a message
//! itself takes it out with its span: `let (message, span) = envelope.open();`.
//!
//! A task that is independent of the message, such as another actor, should start its own traces. Silence the warning
//! in one of these ways:
//!
//! * `#[traced(allow(lost_context))]` on the function
//! * `#[traced_actor(allow(lost_context))]` on the impl or the module
//! * `.traced()` on the spawned future, which makes it its own flow
//! * `#[allow(deprecated)]`, as for any lint
//!
//! The macro only checks annotated functions, and only finds paths that begin with the crate's name, or names that a
//! `use` in the same annotated module imports. To find the calls in the rest of a code base, use clippy with this
//! `clippy.toml`:
//!
//! ```toml
//! disallowed-methods = [
//!     { path = "tokio::spawn", replacement = "traced_actor::task::spawn", reason = "it loses the trace" },
//!     { path = "tokio::task::spawn", replacement = "traced_actor::task::spawn", reason = "it loses the trace" },
//!     { path = "tokio::task::spawn_local", replacement = "traced_actor::task::spawn_local", reason = "it loses the trace" },
//!     { path = "tokio::task::spawn_blocking", replacement = "traced_actor::task::spawn_blocking", reason = "it loses the trace" },
//!     { path = "std::thread::spawn", reason = "it loses the trace: send it a message" },
//! ]
//! ```

/// Marks a call of `tokio::spawn` in a traced function, or of the method `spawn` of a `JoinSet` or similar.
#[deprecated(note = "messages of this task do not continue the trace: write \
                     `traced_actor::task::spawn`, or call `.in_current_trace()` on the future; if the task is another actor, or that is intended, write `#[traced(allow(lost_context))]` on the function")]
pub const fn tokio_spawn() {}

/// Marks a call of `tokio::task::spawn_local` in a traced function.
#[deprecated(note = "messages of this task do not continue the trace: write \
                     `traced_actor::task::spawn_local`; if the task is another actor, or that is intended, write `#[traced(allow(lost_context))]` on the function")]
pub const fn tokio_spawn_local() {}

/// Marks a call of `tokio::task::spawn_blocking` in a traced function.
#[deprecated(note = "messages of this closure do not continue the trace: write \
                     `traced_actor::task::spawn_blocking`; if that is intended, write `#[traced(allow(lost_context))]` on the function")]
pub const fn tokio_spawn_blocking() {}

/// Marks the place where a traced function stores a message that a handler gets later.
#[deprecated(note = "this message is handled later, without its trace: store \
                     `traced_actor::Envelope::hold(message)`; if that is intended, write `#[traced(allow(lost_context))]` on the function")]
pub const fn stashed() {}

/// Marks a call of `std::thread::spawn` or rayon's `spawn` in a traced function.
#[deprecated(note = "messages of this thread do not continue the trace: write \
                     `traced_actor::task::spawn_blocking` (or, in a task, `traced_actor::task::spawn`); if that is intended, write `#[traced(allow(lost_context))]` on the function")]
pub const fn thread_spawn() {}
