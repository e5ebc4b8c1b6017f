//! Identifies the current flow, for receivers that several flows share.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{self, ThreadId};

use tokio::task::Id;

use super::here::HERE;

/// The identity of the current flow, for receivers that several flows share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowKey {
    Flow(u64),
    Task(Id),
    Thread(ThreadId),
}

impl FlowKey {
    /// Returns the key of the current flow.
    pub(crate) fn here() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        HERE.with(|here| {
            if !here.word.get().is_scoped() {
                return Self::outside();
            }
            Self::Flow(here.with_rest(|rest| {
                if rest.number == 0 {
                    rest.number = NEXT.fetch_add(1, Relaxed);
                }
                rest.number
            }))
        })
    }

    /// Returns the key of the current flow if it was requested before.
    pub(crate) fn known() -> Option<Self> {
        HERE.with(|here| {
            if !here.word.get().is_scoped() {
                return Some(Self::outside());
            }
            here.ask_rest(|rest| (rest.number != 0).then_some(Self::Flow(rest.number)))
        })
    }

    fn outside() -> Self {
        tokio::task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
    }
}
