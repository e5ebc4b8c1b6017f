//! The state of one thread: its counts, its free places, and recently used names.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::AtomicU64;

use traced_actor::observe::MessageType;

use crate::cells::{Shard, add};
use crate::names::{Names, short};
use crate::state::State;

/// The number of names of each sort that a thread remembers, to avoid a lock.
const REMEMBERED: usize = 256;

/// The number of free places for handlings that a thread takes, or returns, at a time.
const BATCH: usize = 32;

/// Free places that a thread keeps at most.
const MOST_FREE: usize = 2 * BATCH;

thread_local! {
    static LOCAL: OnceCell<Local> = const { OnceCell::new() };
}

/// The state of one thread.
pub(crate) struct Local {
    state: &'static State,
    pub(crate) shard: &'static Shard,
    series: Remembered<u32>,
    sends: Remembered<Sends>,
    /// The numbers by the address of the actor and the number that the receive found.
    renamed: Remembered<u32>,
    /// Free places of handlings. The first `frees` entries are valid.
    free: [Cell<u32>; MOST_FREE],
    frees: Cell<usize>,
    /// The number of messages until the next one that is timed.
    left: Cell<u32>,
}

/// A message's type and kind, and the count of its sends.
#[derive(Clone, Copy, Default)]
struct Sends {
    number: u32,
    /// The number in the table of receivers.
    message: u32,
    count: Option<&'static AtomicU64>,
}

/// The values of names, by the addresses of the names.
struct Remembered<T>(Box<[Cell<Known<T>>; REMEMBERED]>);

#[derive(Clone, Copy, Default)]
struct Known<T> {
    first: &'static str,
    kind: usize,
    what: T,
}

impl<T: Copy + Default> Remembered<T> {
    fn new() -> Self {
        Self(Box::new(std::array::from_fn(|_| Cell::default())))
    }

    /// Returns what belongs to a type's or an actor's name, and to a kind of message.
    #[inline]
    fn of(&self, first: &'static str, message: &MessageType, find: impl FnOnce() -> T) -> T {
        let kind = std::ptr::from_ref(message.kind).addr();
        self.get(first, kind, (kind >> 3) ^ (kind >> 9), find)
    }

    /// Returns the remembered number of a name and a kind, or finds it. The lower bits of `hash` distinguish the kinds.
    #[inline]
    fn get(&self, first: &'static str, kind: usize, hash: usize, find: impl FnOnce() -> T) -> T {
        let place = &self.0[((first.as_ptr().addr() >> 3) ^ hash) % REMEMBERED];
        let known = place.get();
        // With the length: one name may be the beginning of another.
        if std::ptr::eq(known.first, first) && known.kind == kind {
            return known.what;
        }
        let what = find();
        place.set(Known { first, kind, what });
        what
    }
}

/// Returns the number of a type's or an actor's name, and of a kind of message.
#[cold]
#[inline(never)]
fn number(first: &'static str, message: &MessageType, names: &Names) -> u32 {
    names.number(short(first), message.kind.name())
}

impl Local {
    /// Calls a function with the state of this thread. Returns `None` if the thread is shutting down.
    #[inline]
    pub(crate) fn with<R>(state: &'static State, work: impl FnOnce(&Self) -> R) -> Option<R> {
        LOCAL.try_with(|local| work(local.get_or_init(|| Self::new(state)))).ok()
    }

    #[cold]
    fn new(state: &'static State) -> Self {
        Self {
            state,
            shard: state.shards.lease(),
            series: Remembered::new(),
            sends: Remembered::new(),
            renamed: Remembered::new(),
            free: std::array::from_fn(|_| Cell::default()),
            frees: Cell::new(0),
            left: Cell::new(0),
        }
    }

    /// Returns the number of an actor and a kind. If the actor's name is not known, the message's type stands for it.
    #[inline]
    pub(crate) fn series(&self, actor: Option<&'static str>, message: &MessageType) -> u32 {
        let first = actor.unwrap_or(message.type_name);
        self.series.of(first, message, || {
            let series = number(first, message, &self.state.series);
            if actor.is_some() {
                self.state.receivers.note(self.sends(message).message, series);
            }
            series
        })
    }

    /// Returns the number for another actor and the kind of this number.
    pub(crate) fn renamed(&self, actor: &'static str, series: u32) -> u32 {
        let names = &self.state.series;
        let find = || names.number(short(actor), &names.name(series).1);
        self.renamed.get(actor, series as usize, series as usize, find)
    }

    #[inline]
    fn sends(&self, message: &MessageType) -> Sends {
        self.sends.of(message.type_name, message, || {
            let number = number(message.type_name, message, &self.state.sends);
            // By value, so that the count lives as long as the shard.
            let shard: &'static Shard = self.shard;
            let message = self.state.receivers.message(message.type_name, message.kind.name());
            Sends { number, message, count: shard.sends.get(number as usize) }
        })
    }

    /// Returns the number of a message's type and kind.
    pub(crate) fn send(&self, message: &MessageType) -> u32 {
        self.sends(message).number
    }

    /// Returns the message's number in the table of receivers.
    pub(crate) fn message(&self, message: &MessageType) -> u32 {
        self.sends(message).message
    }

    /// Counts a send, and returns the message's number in the table of receivers.
    #[inline]
    pub(crate) fn count_send(&self, message: &MessageType) -> u32 {
        let Sends { message, count, .. } = self.sends(message);
        if let Some(count) = count {
            add(count, 1);
        }
        message
    }

    /// Returns whether the next message is timed.
    #[inline]
    pub(crate) fn times_next(&self) -> bool {
        if self.state.every == 1 {
            return true;
        }
        let left = self.left.get();
        if left > 0 {
            self.left.set(left - 1);
            return false;
        }
        // Skips 0 to 2·(every − 1) messages at random, so that a pattern in the messages does not bias the choice.
        let bound = u64::from(self.state.every) * 2 - 1;
        let next = traced_actor::context::random_below(bound);
        self.left.set(u32::try_from(next).unwrap_or(u32::MAX));
        true
    }

    /// Takes a free place for a handling.
    #[inline]
    pub(crate) fn take(&self) -> Option<u32> {
        let last = self.frees.get().checked_sub(1).or_else(|| self.take_many())?;
        self.frees.set(last);
        Some(self.free.get(last)?.get())
    }

    /// Takes free places, and returns the index of the last one.
    #[cold]
    #[inline(never)]
    fn take_many(&self) -> Option<usize> {
        if !self.state.handlings.has_places() {
            return None;
        }
        let mut taken = Vec::with_capacity(BATCH);
        self.state.handlings.take_many(BATCH, &mut taken);
        for (place, number) in self.free.iter().zip(&taken) {
            place.set(*number);
        }
        taken.len().checked_sub(1)
    }

    /// Returns the place of a handling.
    #[inline]
    pub(crate) fn give_back(&self, number: u32) {
        let mut frees = self.frees.get();
        if frees == MOST_FREE {
            self.give_many_back();
            frees = BATCH;
        }
        if let Some(place) = self.free.get(frees) {
            place.set(number);
            self.frees.set(frees + 1);
        }
    }

    #[cold]
    #[inline(never)]
    fn give_many_back(&self) {
        self.state.handlings.give_back(self.free[BATCH..].iter().map(Cell::get));
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.state.handlings.give_back(self.free[..self.frees.get()].iter().map(Cell::get));
        self.state.shards.give_back(self.shard);
    }
}
