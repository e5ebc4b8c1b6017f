//! The life of a sampled message that a receive opened: whether it may still be claimed, and its end.
//!
//! ```text
//!             claim, by the flow that received it, or by a flow that was spawned from that, in its first poll
//!     OPEN ───────────────────────────────────────────────► CLAIMED ── its handler is done ──► ENDED
//!      │ close: its receiver asks for the next message,        ▲
//!      │        or is dropped                                  │ claim
//!      ├── somebody may claim it still ──► WAITING ────────────┘
//!      │                                      └── the last waiter gives up ──► ENDED, at the time of the close
//!      └── nobody may ──► ENDED
//! ```
//!
//! This file only has the transitions. `active.rs` defines what an end does. The atomic types come from the parent
//! module, so that a test can use those of loom and run every interleaving.

use super::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use super::atomic::{AtomicU32, AtomicU64};

/// The state in the lowest two bits, then [`TAKEN`], then the number of waiters.
pub(super) struct Life {
    state: AtomicU32,
    /// The time at which a waiting message was closed. Written before the state changes.
    closed_at: AtomicU64,
}

const STATE: u32 = 3;
const OPEN: u32 = 0;
const CLAIMED: u32 = 1;
const WAITING: u32 = 2;
const ENDED: u32 = 3;
/// Set once the message is claimed, whether it has ended or not.
const TAKEN: u32 = 4;
const WAITER: u32 = 8;

/// The effect of closing a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// None: the message has ended, or its handler ends it.
    NotOpen,
    /// The message ends now.
    Ends,
    /// The message waits for flows that may still claim it.
    Waits,
}

impl Life {
    /// Creates the life of an open message with one waiter: the flow that received it.
    pub(super) fn open() -> Self {
        Self { state: AtomicU32::new(OPEN | WAITER), closed_at: AtomicU64::new(0) }
    }

    /// Creates the life of a message that its handler already has.
    pub(super) fn claimed() -> Self {
        Self { state: AtomicU32::new(CLAIMED | TAKEN), closed_at: AtomicU64::new(0) }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.load(Acquire) & STATE == OPEN
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state.load(Acquire) & STATE == ENDED
    }

    /// Returns whether it may be claimed.
    pub(super) fn is_claimable(&self) -> bool {
        matches!(self.state.load(Acquire) & STATE, OPEN | WAITING)
    }

    /// Returns whether it is not claimed, or was not claimed when it ended.
    pub(super) fn is_unclaimed(&self) -> bool {
        self.state.load(Acquire) & TAKEN == 0
    }

    /// Adds a flow that may claim it.
    pub(super) fn wait(&self) {
        self.state.fetch_add(WAITER, AcqRel);
    }

    /// Closes the message.
    ///
    /// `gives_up` is true if the caller is a waiter. It stops being one, unless the message was not open. `now` returns
    /// the time, and is called if the message waits.
    pub(super) fn close(&self, gives_up: bool, now: impl Fn() -> u64) -> Close {
        let mut state = self.state.load(Acquire);
        loop {
            if state & STATE != OPEN {
                return Close::NotOpen;
            }
            let left = state - if gives_up { WAITER } else { 0 };
            let (next, close) = if left >= WAITER {
                self.closed_at.store(now(), Relaxed);
                (left | WAITING, Close::Waits)
            } else {
                (left | ENDED, Close::Ends)
            };
            match self.state.compare_exchange_weak(state, next, AcqRel, Acquire) {
                Ok(_) => return close,
                Err(other) => state = other,
            }
        }
    }

    /// Claims the message for a handler. `gives_up` is true if the caller is a waiter, which it then stops being.
    pub(super) fn claim(&self, gives_up: bool) -> bool {
        let consumed = if gives_up { WAITER } else { 0 };
        let mut state = self.state.load(Acquire);
        loop {
            let (next, claimed) = match state & STATE {
                OPEN | WAITING => ((state & !STATE | CLAIMED | TAKEN) - consumed, true),
                _ => (state - consumed, false),
            };
            match self.state.compare_exchange_weak(state, next, AcqRel, Acquire) {
                Ok(_) => return claimed,
                Err(other) => state = other,
            }
        }
    }

    /// Removes a waiter that did not claim the message. If the message ends by that, returns the time at which it was
    /// closed.
    pub(super) fn give_up(&self) -> Option<u64> {
        let state = self.state.fetch_sub(WAITER, AcqRel) - WAITER;
        let last = state == WAITING;
        (last && self.state.compare_exchange(state, ENDED, AcqRel, Acquire).is_ok())
            .then(|| self.closed_at.load(Relaxed))
    }

    /// Ends the message, even if it is claimed. Returns `true` for the one call that ended it.
    pub(super) fn end(&self) -> bool {
        !self.has_ended() && self.state.fetch_or(ENDED, AcqRel) & STATE != ENDED
    }
}
