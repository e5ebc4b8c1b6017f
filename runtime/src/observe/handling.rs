//! The number of a handling, from the receive to the end of the handler.

use std::cell::Cell;
use std::num::NonZeroU32;

use super::observer::{HandlingId, Observer, Received, call, observer};
use crate::record::Failure;

/// The number of a message that the observer was told of, but does not follow.
///
/// It differs from 0, so that the handler that claims the message does not tell the observer again.
const UNFOLLOWED: u32 = u32::MAX;

thread_local! {
    /// The handling whose handler is being polled.
    static CURRENT: Cell<u32> = const { Cell::new(0) };
    /// The handling of the message that was claimed last.
    static CLAIMED: Cell<u32> = const { Cell::new(0) };
}

/// The handling that a handler's future or span ends. It has no destructor, since the future and the span have one.
pub(crate) struct Handling {
    number: u32,
    /// True during a poll, and so also after a poll that panicked.
    is_polled: bool,
}

impl Handling {
    /// A handling that is not observed.
    pub(crate) const NONE: Self = Self::of(0);

    #[inline]
    pub(crate) const fn of(number: u32) -> Self {
        Self { number, is_polled: false }
    }

    #[inline]
    pub(crate) const fn is_none(&self) -> bool {
        self.number == 0
    }

    pub(crate) const fn id(&self) -> Option<HandlingId> {
        HandlingId::new(self.number)
    }

    /// Returns the handling with this number, if there is one and the observer follows it.
    pub(crate) fn followed(number: u32) -> Option<HandlingId> {
        HandlingId::new(number).filter(|id| id.get() != UNFOLLOWED)
    }

    /// Returns the handling of a task that is spawned here, if the observer follows it.
    pub(crate) fn of_task() -> Self {
        let followed = observer().zip(HandlingId::new(current()));
        let number = followed.and_then(|(observer, of)| call(|| observer.spawned(of)));
        Self::of(number.map_or(0, NonZeroU32::get))
    }

    /// Makes it the current one for a poll. Returns the previous one.
    #[inline]
    pub(crate) fn enter(&mut self) -> u32 {
        if self.number == 0 {
            return 0;
        }
        tell(self.number, |observer, id| observer.polled(id));
        self.is_polled = true;
        CURRENT.replace(self.number)
    }

    /// Makes the previous one current again after a poll, and tells the observer.
    #[inline]
    pub(crate) fn leave(&mut self, before: u32) {
        if self.number != 0 {
            self.is_polled = false;
            CURRENT.set(before);
            tell(self.number, |observer, id| observer.left(id, HandlingId::new(before)));
        }
    }

    /// Ends it. Does nothing if it has ended already.
    #[inline]
    pub(crate) fn end<'a>(&mut self, failure: impl FnOnce() -> Option<Failure<'a>>) {
        if self.number != 0 {
            end(std::mem::take(&mut self.number), failure().as_ref());
        }
    }

    /// Ends it because it was dropped, or because a poll panicked.
    pub(crate) fn interrupt(&mut self) {
        let failure = if self.is_polled { Failure::PANIC } else { Failure::interruption() };
        if self.is_polled && CURRENT.get() == self.number {
            self.leave(0);
        }
        self.end(|| Some(failure));
    }
}

/// The handling of a closure. It ends with the closure, even if the closure panics or never runs.
pub(crate) struct ClosureHandling(Handling);

impl ClosureHandling {
    /// Creates the handling of a closure that a spawned task runs.
    pub(crate) fn of_task() -> Self {
        Self(Handling::of_task())
    }

    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = self.0.enter();
        let result = work();
        self.0.leave(before);
        self.0.end(|| None);
        result
    }
}

impl Drop for ClosureHandling {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

/// Tells the observer that handling of a message starts. Returns the number of the handling, which is never 0.
pub(crate) fn start(observer: &dyn Observer, received: &Received<'_>) -> u32 {
    call(|| observer.received(received)).map_or(UNFOLLOWED, NonZeroU32::get)
}

/// Ends the handling with this number. Does nothing for 0.
#[inline]
pub(crate) fn end(number: u32, failure: Option<&Failure<'_>>) {
    if number != 0 {
        tell(number, |observer, id| observer.ended(id, failure));
    }
}

/// Tells the observer that the message of this handling is stashed. Does nothing for 0.
pub(crate) fn held(number: u32) {
    tell(number, |observer, id| observer.held(id));
}

#[cold]
fn tell(number: u32, what: impl FnOnce(&dyn Observer, HandlingId)) {
    if let (Some(observer), Some(id)) = (observer(), Handling::followed(number)) {
        call(|| what(observer, id));
    }
}

/// Returns the handling whose handler is being polled, or 0 if there is none.
pub(crate) fn current() -> u32 {
    CURRENT.get()
}

/// Notes the handling of a message that is being claimed.
pub(crate) fn note_claimed(number: u32) {
    CLAIMED.set(number);
}

/// Takes the handling of the message that was claimed last.
pub(crate) fn claimed() -> u32 {
    CLAIMED.take()
}
