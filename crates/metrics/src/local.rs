//! The state of one thread: its counts, its free places, and recently used names.

use std::cell::{Cell, OnceCell, RefCell};

use traced_actor::observe::MessageType;

use crate::cells::Shard;
use crate::names::{Names, short};
use crate::state::State;

/// The number of names of each sort that a thread remembers, to avoid a lock.
const REMEMBERED: usize = 256;

/// The number of free places for handlings that a thread takes, or returns, at a time.
const BATCH: usize = 32;

thread_local! {
    static LOCAL: OnceCell<Local> = const { OnceCell::new() };
}

/// The state of one thread.
pub(crate) struct Local {
    state: &'static State,
    pub(crate) shard: &'static Shard,
    series: Remembered,
    sends: Remembered,
    /// The numbers by the address of the actor and the number that the receive found.
    renamed: Remembered,
    free: RefCell<Vec<u32>>,
    /// The number of messages until the next one that is timed.
    left: Cell<u32>,
}

/// The numbers of names, by their addresses.
struct Remembered(Box<[Cell<Known>]>);

#[derive(Clone, Copy, Default)]
struct Known {
    first: usize,
    kind: usize,
    number: u32,
}

impl Remembered {
    fn new() -> Self {
        Self((0..REMEMBERED).map(|_| Cell::default()).collect())
    }

    /// Returns the number for the name of a type or an actor, and a kind of message.
    #[inline]
    fn number(&self, first: &'static str, message: &MessageType, names: &Names) -> u32 {
        let kind = std::ptr::from_ref(message.kind).addr();
        self.get(first, kind, (kind >> 3) ^ (kind >> 9), || names.number(short(first), message.kind.name()))
    }

    /// Returns the remembered number of a name and a kind, or finds it. The lower bits of `hash` distinguish the kinds.
    #[inline]
    fn get(&self, first: &'static str, kind: usize, hash: usize, find: impl FnOnce() -> u32) -> u32 {
        let first = first.as_ptr().addr();
        let place = &self.0[((first >> 3) ^ hash) % REMEMBERED];
        let known = place.get();
        if known.first == first && known.kind == kind {
            return known.number;
        }
        let number = find();
        place.set(Known { first, kind, number });
        number
    }
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
            free: RefCell::default(),
            left: Cell::new(0),
        }
    }

    /// Returns the number of an actor and a kind. If the actor's name is not known, the message's type stands for it.
    #[inline]
    pub(crate) fn series(&self, actor: Option<&'static str>, message: &MessageType) -> u32 {
        self.series.number(actor.unwrap_or(message.type_name), message, &self.state.series)
    }

    /// Returns the number for another actor and the kind of this number.
    pub(crate) fn renamed(&self, actor: &'static str, series: u32) -> u32 {
        let names = &self.state.series;
        let find = || names.number(short(actor), &names.name(series).1);
        self.renamed.get(actor, series as usize, series as usize, find)
    }

    /// Returns the number of a message's type and kind.
    #[inline]
    pub(crate) fn send(&self, message: &MessageType) -> u32 {
        self.sends.number(message.type_name, message, &self.state.sends)
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
        let mut free = self.free.borrow_mut();
        free.pop().or_else(|| {
            self.state.handlings.take_many(BATCH, &mut free);
            free.pop()
        })
    }

    /// Returns the place of a handling.
    #[inline]
    pub(crate) fn give_back(&self, number: u32) {
        let mut free = self.free.borrow_mut();
        free.push(number);
        if free.len() > 2 * BATCH {
            self.state.handlings.give_back(free.drain(BATCH..));
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.state.handlings.give_back(self.free.take());
        self.state.shards.give_back(self.shard);
    }
}
