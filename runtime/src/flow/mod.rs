//! Flows: which messages are open, and which span a send continues.
//!
//! A flow is one logical thread of execution: a receive loop, a handler, a future with `.traced()`, a task of
//! `task::spawn`, or a blocking thread. As a safety net, a tokio task that receives without any of these is a flow,
//! too. Each flow has a state ([`FlowState`]), which is made the thread's state during each poll. These operations
//! change it:
//!
//! | operation | file | effect |
//! |---|---|---|
//! | enter, leave | `state.rs`, `run.rs` | begin and end a poll |
//! | capture | `capture.rs` | captures the current context for a send |
//! | open, close | `receive.rs`, `start.rs` | opens a message at its receive, and ends it at the next receive if no handler has claimed it |
//! | claim, hold | `claim.rs` | moves the message to a handler at its call; puts it aside |
//! | end | `state.rs`, `active.rs` | ends a handler or a loop that completes, fails, panics or is dropped |
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
mod observed;
mod receive;
mod run;
mod send;
mod slot;
mod start;
mod state;
mod unscoped;
mod warn;
mod word;

/// The atomic types that [`life`] uses.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
}

pub(crate) use active::ActiveSpan;
pub use capture::current_handling;
pub(crate) use capture::{budget, capture, current, current_span, is_sampled, set_instance};
pub(crate) use claim::{Claimed, claim, claim_batch, claim_dropped, claim_unobserved, hold};
pub(crate) use copies::Copied;
pub(crate) use fanouts::FanoutFlow;
pub(crate) use here::enter_scope;
pub(crate) use key::FlowKey;
pub(crate) use receive::OpenMessage;
pub use receive::{ReceiveMode, ReceiveSite};
pub(crate) use run::{InFlow, Unjudged};
pub(crate) use send::{Waiting, observe_send, record_send_failure, record_send_failure_on};
pub(crate) use start::short_span;
pub use state::Loop;
pub(crate) use state::{FlowGuard, FlowState, LightFlow};
