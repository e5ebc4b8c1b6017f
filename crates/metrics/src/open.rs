//! Open work: running handlers, asks without an answer, and mailboxes. Actors write it, and any thread reads it.

use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering::Acquire, Ordering::Relaxed,
    Ordering::Release,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use traced_actor::TraceContext;
use traced_actor::observe::Mailbox;

use crate::slab::Slab;
use crate::timings::Timings;

/// The value for no time, or no wait.
pub(crate) const NONE: u64 = 0;

/// The flag of a handling that stands for several messages, which are counted by themselves.
pub(crate) const BATCH: u8 = 1;
/// The flag of a handling whose mailbox is that of a named instance, which has timings.
pub(crate) const NAMED: u8 = 2;

/// The bit that distinguishes the number of a message from that of a mailbox.
const BY_MESSAGE: u32 = 1 << 31;

/// The receiver of a message, as far as its send tells.
pub(crate) enum SentTo {
    /// The number of the mailbox.
    Mailbox(u32),
    /// The message's number in the table of receivers, if the mailbox is not known.
    Message(u32),
}

/// The turn of a place, which is odd while the place is in use, and increases with each user.
///
/// Only one task at a time writes it.
#[derive(Default)]
pub(crate) struct Turn(AtomicU64);

impl Turn {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.get() % 2 == 1
    }

    /// Opens a closed place, and closes an open one.
    pub(crate) fn turn_over(&self) {
        self.0.store(self.get().wrapping_add(1), Relaxed);
    }
}

/// The place of a handling. Only one task at a time writes it.
#[derive(Default)]
pub(crate) struct Handling {
    pub(crate) turn: Turn,
    pub(crate) series: AtomicU32,
    pub(crate) mailbox: AtomicU32,
    pub(crate) polls: AtomicU32,
    /// The number of polls that no answer explains. An earlier ask no longer waits, as far as is known.
    pub(crate) progress: AtomicU32,
    /// The ask that it answers, or 0.
    pub(crate) answers: AtomicU32,
    /// An ask of this handling whose message was handled, until the next poll, or 0.
    pub(crate) handled_ask: AtomicU32,
    /// The time at which it began. If it is not timed, [`NONE`] until it is first listed.
    pub(crate) began: AtomicU64,
    /// [`BATCH`], [`NAMED`].
    pub(crate) flags: AtomicU8,
    /// Says that `began` is the time at which it was first listed.
    pub(crate) is_seen: AtomicBool,
    /// The wait in the mailbox, plus one nanosecond.
    pub(crate) wait: AtomicU64,
    /// The mailbox that it has last sent to, or the number of the message with [`BY_MESSAGE`]. 0 if it has sent none.
    sent_to: AtomicU32,
    /// The upper and lower half of the trace id, and the span id, if it is sampled.
    trace: [AtomicU64; 3],
    /// Whether `instance` belongs to this handling, and not to an earlier one in the same place.
    has_instance: AtomicBool,
    /// The actor's instance, if no mailbox has it.
    instance: Mutex<Option<Arc<str>>>,
}

/// Checks the figure in `MetricsBuilder::most_handlings`.
const _: () = assert!(size_of::<Handling>() <= 104);

impl Handling {
    /// Begins a handling in this place.
    #[inline]
    pub(crate) fn begin(&self, series: u32, mailbox: u32, began: u64, wait: Option<u64>, flags: u8) {
        self.series.store(series, Relaxed);
        self.mailbox.store(mailbox, Relaxed);
        self.flags.store(flags, Relaxed);
        self.polls.store(0, Relaxed);
        self.progress.store(0, Relaxed);
        self.answers.store(0, Relaxed);
        self.began.store(began, Relaxed);
        self.is_seen.store(false, Relaxed);
        self.wait.store(wait.map_or(NONE, |wait| wait.saturating_add(1)), Relaxed);
        self.sent_to.store(0, Relaxed);
        self.trace[2].store(0, Relaxed);
        self.has_instance.store(false, Relaxed);
        self.turn.turn_over();
    }

    /// Notes a send: the number of the mailbox, or 0 if it is not known, and that of the message.
    #[inline]
    pub(crate) fn set_sent(&self, mailbox: u32, message: u32) {
        self.sent_to.store(if mailbox == 0 { BY_MESSAGE | message } else { mailbox }, Relaxed);
    }

    /// Returns the receiver of the last message that it has sent.
    pub(crate) fn sent_to(&self) -> Option<SentTo> {
        match self.sent_to.load(Relaxed) {
            0 => None,
            message if message & BY_MESSAGE != 0 => Some(SentTo::Message(message & !BY_MESSAGE)),
            mailbox => Some(SentTo::Mailbox(mailbox)),
        }
    }

    pub(crate) fn waited(&self) -> Option<u64> {
        self.wait.load(Relaxed).checked_sub(1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "halves")]
    pub(crate) fn set_trace(&self, context: TraceContext) {
        let trace = context.trace_id.get();
        self.trace[0].store((trace >> 64) as u64, Relaxed);
        self.trace[1].store(trace as u64, Relaxed);
        self.trace[2].store(context.span_id.get(), Relaxed);
    }

    /// Returns the trace id and the span id if it is sampled.
    pub(crate) fn trace(&self) -> Option<(u128, u64)> {
        let [upper, lower, span] = &self.trace;
        let span = span.load(Relaxed);
        let trace = || u128::from(upper.load(Relaxed)) << 64 | u128::from(lower.load(Relaxed));
        (span != 0).then(|| (trace(), span))
    }

    pub(crate) fn set_instance(&self, instance: &Arc<str>) {
        *self.lock_instance() = Some(instance.clone());
        self.has_instance.store(true, Release);
    }

    pub(crate) fn instance(&self) -> Option<Arc<str>> {
        if !self.has_instance.load(Acquire) {
            return None;
        }
        self.lock_instance().clone()
    }

    fn lock_instance(&self) -> MutexGuard<'_, Option<Arc<str>>> {
        self.instance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of an ask.
#[derive(Default)]
pub(crate) struct Ask {
    pub(crate) turn: Turn,
    pub(crate) since: AtomicU64,
    /// The asking handling, or none.
    pub(crate) from: HandlingRef,
    /// The number of its polls that no answer explains, at the time of the ask.
    pub(crate) progress: AtomicU32,
    /// The number of the mailbox, or 0 for a framework's actor.
    pub(crate) to: AtomicU32,
    /// Says that its message is one to a framework's actor.
    pub(crate) is_by_message: AtomicBool,
    /// Says that it is known when it ends.
    pub(crate) is_exact: AtomicBool,
    /// Says that it is an ask, and not perhaps a send that nobody waits for.
    pub(crate) is_sure: AtomicBool,
    /// The message's number in the table of receivers, if it is a framework's.
    pub(crate) message: AtomicU32,
    /// The number of the framework's actor, if the sender knows it.
    pub(crate) to_series: AtomicU32,
    /// The handling of its message, as far as a framework's actor has taken it.
    pub(crate) by: HandlingRef,
}

/// A handling in one turn, since another one may have its place later.
#[derive(Default)]
pub(crate) struct HandlingRef {
    number: AtomicU32,
    turn: AtomicU64,
}

impl HandlingRef {
    /// Stores a handling. The number 0 stands for none.
    pub(crate) fn set(&self, number: u32, handling: Option<&Handling>) {
        self.turn.store(handling.map_or(0, |handling| handling.turn.get()), Relaxed);
        self.number.store(number, Release);
    }

    /// Returns its number, or 0 for none.
    pub(crate) fn number(&self) -> u32 {
        self.number.load(Acquire)
    }

    /// Returns the handling, if it has not ended.
    pub(crate) fn find<'a>(&self, handlings: &'a Slab<Handling>) -> Option<&'a Handling> {
        handlings.get(self.number()).filter(|handling| handling.turn.get() == self.turn.load(Relaxed))
    }
}

/// The place of a mailbox.
#[derive(Default)]
pub(crate) struct MailboxPlace {
    /// The series of the last message that was taken out.
    pub(crate) series: AtomicU32,
    /// The handling of that message, which may have ended, and the time at which it was taken out.
    handling: AtomicU32,
    pub(crate) received: AtomicU64,
    /// The number of messages taken out before the oldest message, and the time at which that message was first seen.
    seen: [AtomicU64; 2],
    /// The address of the name of the actor's instance, to detect changes.
    named: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    mailbox: Weak<Mailbox>,
    name: Option<Arc<str>>,
    timings: Timings,
}

impl MailboxPlace {
    pub(crate) fn open(&self, mailbox: &Arc<Mailbox>) {
        self.series.store(0, Relaxed);
        self.handling.store(0, Relaxed);
        self.received.store(NONE, Relaxed);
        self.named.store(0, Relaxed);
        self.seen[1].store(NONE, Relaxed);
        *self.lock() = Inner { mailbox: Arc::downgrade(mailbox), ..Inner::default() };
    }

    /// Notes the message that is taken out.
    #[inline]
    pub(crate) fn take_out(&self, series: u32, handling: u32, at: u64) {
        self.series.store(series, Relaxed);
        self.handling.store(handling, Relaxed);
        self.received.store(at, Relaxed);
    }

    /// Forgets the handling of the message that was taken out last.
    pub(crate) fn forget_handling(&self) {
        self.handling.store(0, Relaxed);
    }

    /// Returns the running handling of the message that was taken out last, with its number.
    ///
    /// `own` is the number of this mailbox.
    pub(crate) fn handling<'a>(&self, own: u32, all: &'a Slab<Handling>) -> Option<(u32, &'a Handling)> {
        let number = self.handling.load(Relaxed);
        // When it has ended, a message of another mailbox may have its place.
        let handling = all.get(number).filter(|of| of.turn.is_open() && of.mailbox.load(Relaxed) == own)?;
        Some((number, handling))
    }

    /// Clears the mailbox. Returns the number of bytes of its timings.
    pub(crate) fn close(&self) -> usize {
        std::mem::take(&mut *self.lock()).timings.bytes()
    }

    /// Returns the time at which the oldest message was first seen. This is `now` if it has changed since the last
    /// look.
    pub(crate) fn seen(&self, taken: u64, now: u64) -> u64 {
        let [before, at] = &self.seen;
        if before.swap(taken, Relaxed) != taken || at.load(Relaxed) == NONE {
            at.store(now, Relaxed);
        }
        at.load(Relaxed)
    }

    /// Stores the name of the actor's instance.
    #[inline]
    pub(crate) fn name_as(&self, instance: &Arc<str>) {
        let address = instance.as_ptr().addr();
        if self.named.load(Relaxed) != address {
            self.named.store(address, Relaxed);
            // Kept alive, so that no other name gets its address.
            self.lock().name = Some(instance.clone());
        }
    }

    #[inline]
    pub(crate) fn is_named(&self) -> bool {
        self.named.load(Relaxed) != 0
    }

    pub(crate) fn mailbox(&self) -> Option<Arc<Mailbox>> {
        self.lock().mailbox.upgrade()
    }

    pub(crate) fn name(&self) -> Option<Arc<str>> {
        self.lock().name.clone()
    }

    /// Reads or changes the timings of the instance. Returns the result of the closure.
    pub(crate) fn with_timings<R>(&self, change: impl FnOnce(&mut Timings) -> R) -> R {
        change(&mut self.lock().timings)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
