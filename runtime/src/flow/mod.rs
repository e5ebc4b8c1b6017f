//! What is worked on: the state of a flow, and who has which message.
//!
//! A flow is one logical thread of execution: a receive loop, a handler, a future behind `.traced()`, a task of `task::spawn`, a
//! blocking thread; and, as a safety net, a tokio task that receives without any of these. Each flow has one state, which it puts
//! on the thread at each poll ([`FlowState`]). A handful of operations change it:
//!
//! | operation | file | what |
//! |---|---|---|
//! | enter, leave | `state.rs`, `run.rs` | a poll begins and ends |
//! | capture | `capture.rs` | a send takes the current context along |
//! | open, close | `receive.rs`, `start.rs` | a receive opens a message; the next one ends it, if nobody has claimed it |
//! | claim, hold | `claim.rs` | a handler's call takes the message; it is put aside |
//! | end | `state.rs`, `active.rs` | a handler or a loop is done, fails, panics or is dropped |
//!
//! The path of an unsampled message: `capture.rs` (send), `receive.rs` with `word.rs` and `slot.rs`, `claim.rs`, `state.rs`. A sampled one goes through
//! `start.rs` and is an [`ActiveSpan`] from there on, with its `life.rs`.

mod active;
mod capture;
mod claim;
mod copies;
mod fanouts;
mod guarded;
mod here;
mod key;
mod life;
mod receive;
mod run;
mod scope;
mod send;
mod slot;
mod start;
mod state;
mod unscoped;
mod warn;
mod word;

/// What [`life`] is made of.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
}

pub(crate) use active::ActiveSpan;
pub(crate) use capture::{budget, capture, current, current_span, is_sampled, set_instance};
pub(crate) use claim::{Claimed, claim, hold};
pub(crate) use copies::Copied;
pub(crate) use fanouts::FanoutFlow;
pub(crate) use key::FlowKey;
pub(crate) use receive::OpenMessage;
pub use receive::{ReceiveMode, ReceiveSite};
pub(crate) use run::{InFlow, Unjudged};
pub(crate) use scope::enter_scope;
pub(crate) use send::Waiting;
pub(crate) use start::short_span;
pub(crate) use state::{FlowGuard, FlowState};
