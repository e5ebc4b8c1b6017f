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

use super::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
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
        self.change(|state| Some((state + WAITER, ())));
    }

    /// Changes the state of a message that may be claimed, unless the function returns `None`.
    ///
    /// Nobody changes the state of a claimed message but its handler, which [ends](Self::end) it.
    fn change<R>(&self, to: impl Fn(u32) -> Option<(u32, R)>) -> Option<R> {
        let mut state = self.state.load(Acquire);
        while matches!(state & STATE, OPEN | WAITING) {
            let (next, result) = to(state)?;
            match self.state.compare_exchange_weak(state, next, AcqRel, Acquire) {
                Ok(_) => return Some(result),
                Err(other) => state = other,
            }
        }
        None
    }

    /// Closes the message.
    ///
    /// `gives_up` is true if the caller is a waiter. It stops being one, unless the message was not open. `now` returns
    /// the time, and is called if the message waits.
    pub(super) fn close(&self, gives_up: bool, now: impl Fn() -> u64) -> Close {
        let close = self.change(|state| {
            if state & STATE != OPEN {
                return None;
            }
            let left = state - if gives_up { WAITER } else { 0 };
            if left < WAITER {
                return Some((left | ENDED, Close::Ends));
            }
            self.closed_at.store(now(), Relaxed);
            Some((left | WAITING, Close::Waits))
        });
        close.unwrap_or(Close::NotOpen)
    }

    /// Claims the message for a handler. `gives_up` is true if the caller is a waiter, which it then stops being.
    pub(super) fn claim(&self, gives_up: bool) -> bool {
        let consumed = if gives_up { WAITER } else { 0 };
        self.change(|state| Some(((state & !STATE | CLAIMED | TAKEN) - consumed, ()))).is_some()
    }

    /// Removes a waiter that did not claim the message. If the message ends by that, returns the time at which it was
    /// closed.
    pub(super) fn give_up(&self) -> Option<u64> {
        let ends = self.change(|state| {
            let left = state - WAITER;
            Some(if left == WAITING { (ENDED, true) } else { (left, false) })
        });
        ends?.then(|| self.closed_at.load(Relaxed))
    }

    /// Ends the message. Returns `true` for the one call that ended it.
    ///
    /// Only its handler calls this, or its last owner. So the end of a claimed message is a store, which costs much less
    /// than an exchange.
    pub(super) fn end(&self) -> bool {
        let state = self.state.load(Acquire);
        match state & STATE {
            ENDED => false,
            CLAIMED => {
                self.state.store(state | ENDED, Release);
                true
            }
            _ => self.state.fetch_or(ENDED, AcqRel) & STATE != ENDED,
        }
    }
}
