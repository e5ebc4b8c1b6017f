//! Warnings about spawns that lose the trace, which `#[traced_actor]` gives at compile time.
//!
//! A handler, or a receive loop, that starts a task by `tokio::spawn` leaves its trace behind: what the task sends begins a
//! trace of its own. The macro sees such calls by their paths, and the warning at each is the note of one of these functions:
//!
//! ```text
//! warning: use of deprecated function `traced_actor::lost_context::tokio_spawn`: what this task sends is not
//!          connected with the message that is handled here: write `traced_actor::task::spawn` …
//! ```
//!
//! A task that has nothing to do with the message, such as an actor of its own, is right to start from nothing. Then silence the
//! warning: by `#[traced(allow(lost_context))]` on the function, by `#[traced_actor(allow(lost_context))]` for all of an impl or
//! a module, or by `.traced()` behind the spawned future, which says that it is a flow of its own. `#[allow(deprecated)]` works,
//! too, as for any lint.
//!
//! The macro sees annotated functions only, and paths that begin with the crate's name, or whose `use` is in the same annotated
//! module. For the rest of a code base there is clippy; in `clippy.toml`:
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

/// Is named where a traced function calls `tokio::spawn`.
#[deprecated(note = "what this task sends is not connected with the message that is handled here: write \
                     `traced_actor::task::spawn`; for a task of its own, `#[traced(allow(lost_context))]` on the function")]
pub const fn tokio_spawn() {}

/// Is named where a traced function calls `tokio::task::spawn_local`.
#[deprecated(note = "what this task sends is not connected with the message that is handled here: write \
                     `traced_actor::task::spawn_local`; for a task of its own, `#[traced(allow(lost_context))]` on the \
                     function")]
pub const fn tokio_spawn_local() {}

/// Is named where a traced function calls `tokio::task::spawn_blocking`.
#[deprecated(note = "what this closure sends is not connected with the message that is handled here: write \
                     `traced_actor::task::spawn_blocking`; for work of its own, `#[traced(allow(lost_context))]` on the \
                     function")]
pub const fn tokio_spawn_blocking() {}

/// Is named where a traced function calls `std::thread::spawn`, or rayon's `spawn`.
#[deprecated(note = "what this thread sends is not connected with the message that is handled here: write \
                     `traced_actor::task::spawn_blocking` (or, in a task, `traced_actor::task::spawn`); for work of its own, \
                     `#[traced(allow(lost_context))]` on the function")]
pub const fn thread_spawn() {}
