//! The last messages of a receiver that is used through `&self`, by several flows perhaps. One for each handle; a clone of the
//! receiver has its own.

use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Envelope;
use crate::envelope::Describe;
use crate::flow::{FlowKey, How, OpenMessage, Place};

/// The last messages of a receiver: one in each flow that uses it.
pub(super) struct Shared<T> {
    pub(super) describe: Describe<T>,
    /// The latest one behind.
    last: Mutex<Vec<(FlowKey, OpenMessage)>>,
}

/// From here on, what flows that are over left behind is looked for.
const MANY: usize = 64;

impl<T> Shared<T> {
    pub(super) fn new(describe: Describe<T>) -> Self {
        Self { describe, last: Mutex::default() }
    }

    /// For another receiver of the same channel.
    pub(super) fn another(&self) -> Self {
        Self::new(self.describe)
    }

    /// What was received here is over, since the next message is asked for.
    pub(super) fn end_last(&self) {
        if self.lock().is_empty() {
            return;
        }
        let Some(here) = FlowKey::known() else { return };
        // Ended outside of the lock: a recorder is told.
        let ended: Vec<_> = self.lock().extract_if(.., |(flow, _)| *flow == here).collect();
        for (_, mut last) in ended {
            last.close();
        }
    }

    /// Returns the message of `envelope`, with its span open.
    pub(super) fn open(&self, envelope: Envelope<T>, place: Place) -> T {
        // Again, since several futures of one flow may have been waiting.
        self.end_last();
        let (message, carried) = envelope.into_parts();
        let mut last = OpenMessage::default();
        // Not under the lock: this runs the message's own code.
        last.open(carried, &message, self.describe, place);
        let here = FlowKey::here();
        let over = {
            let mut all = self.lock();
            let many = all.len() >= MANY;
            let over: Vec<_> = all.extract_if(.., |(_, last)| many && last.is_over()).collect();
            all.push((here, last));
            over
        };
        drop(over);
        message
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(FlowKey, OpenMessage)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receive of a task.
#[track_caller]
pub(super) fn here() -> Place {
    Place { how: How::Async, caller: Location::caller() }
}

/// A receive of a thread that does nothing else.
#[track_caller]
pub(super) fn blocking() -> Place {
    Place { how: How::Blocking, caller: Location::caller() }
}

/// A receive of what is there.
#[track_caller]
pub(super) fn at_once() -> Place {
    Place { how: How::Try, caller: Location::caller() }
}
