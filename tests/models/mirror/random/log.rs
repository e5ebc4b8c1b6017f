//! The log of a program: results, wakes and drops, in the order in which they happen on its thread.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Wake, Waker};

use traced_actor::traced_actor;

/// An entry: the event, and up to two numbers.
pub(crate) type Seen = (&'static str, usize, usize);

thread_local! {
    static LOG: RefCell<Vec<Seen>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn see(what: &'static str, one: usize, other: usize) {
    LOG.with_borrow_mut(|log| log.push((what, one, other)));
}

/// Takes the entries since the last call.
pub(crate) fn take() -> Vec<Seen> {
    LOG.take()
}

/// A message, by its number.
#[traced_actor(start = always)]
pub(crate) struct Note(Numbered);

struct Numbered(usize);

impl Note {
    pub(crate) fn new(number: usize) -> Self {
        Self(Numbered(number))
    }

    pub(crate) fn number(&self) -> usize {
        self.0.0
    }
}

impl Drop for Numbered {
    fn drop(&mut self) {
        see("dropped", self.0, 0);
    }
}

/// A waker that logs each wake-up.
struct Seeing(usize);

impl Wake for Seeing {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        see("woken", self.0, 0);
    }
}

pub(crate) fn waker(number: usize) -> Waker {
    Arc::new(Seeing(number)).into()
}
