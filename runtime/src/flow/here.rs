//! The state of the current flow of this thread. It owns the open messages, and knows the span that a send continues.
//!
//! ```text
//!   thread ── word      mode of a send; floor: the mode that is left when nothing is open; flags
//!          ├─ slot      of the unsampled message that is open, if one is on top
//!          ├─ options   of the flow's actor
//!          ├─ base      the span that the flow works on: its handler's message, or what it was spawned from
//!          ├─ instance  the name of its actor
//!          └─ rest      made when it is needed first
//!               ├ list  further messages that are open, sampled or below one: the last one is on top
//!               └ …     what a handler may claim still, a fan-out
//! ```
//!
//! A flow ([`FlowState`](super::FlowState)) exchanges all of it at each poll, so that nothing leaks from one flow to
//! another. List entries may be ended by other threads. Ended entries are skipped when they are found.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::active::{ActiveSpan, Identity};
use super::fanouts::FanoutFlow;
use super::guarded::caught;
use super::slot::ReceiverSlot;
use super::word::{SamplingMode, Tag, Word};
use crate::context::scope::{self, ScopeId};
use crate::record::{ContextBridge, bridge};
use crate::sampling::Options;

/// The maximum number of messages that another flow closed in a poll, and that can be claimed until the poll ends.
const MOST_WAITING: usize = 16;

/// The maximum number of entries that are searched for a closed one.
const MOST_DEEP: usize = 4;

thread_local! {
    // It has no destructor, so that reaching it takes one instruction.
    pub(super) static HERE: Here = const { Here::new() };
}

pub(super) struct Here {
    pub(super) word: Cell<Word>,
    pub(super) slot: Cell<Option<&'static ReceiverSlot>>,
    pub(super) options: Cell<Option<&'static Options>>,
    pub(super) base: Place<Arc<ActiveSpan>>,
    pub(super) instance: Place<Arc<str>>,
    rest: Place<Box<Rest>>,
}

/// A cell whose value is taken back by the flow that has set it.
pub(super) struct Place<T>(Cell<ManuallyDrop<Option<T>>>);

impl<T> Place<T> {
    const fn new() -> Self {
        Self(Cell::new(ManuallyDrop::new(None)))
    }

    #[inline]
    pub(super) fn replace(&self, value: Option<T>) -> Option<T> {
        ManuallyDrop::into_inner(self.0.replace(ManuallyDrop::new(value)))
    }

    /// Shows the value to `look`. Meanwhile other readers find the cell empty.
    #[inline]
    pub(super) fn with<R>(&self, look: impl FnOnce(Option<&T>) -> R) -> R {
        struct PutBack<'a, T>(&'a Place<T>, Option<T>);
        impl<T> Drop for PutBack<'_, T> {
            fn drop(&mut self) {
                self.0.0.set(ManuallyDrop::new(self.1.take()));
            }
        }
        let taken = PutBack(self, self.replace(None));
        look(taken.1.as_ref())
    }
}

impl<T: Clone> Place<T> {
    pub(super) fn get(&self) -> Option<T> {
        self.with(|value| Some(value?.clone()))
    }
}

/// State that most flows do not need.
#[derive(Default)]
pub(super) struct Rest {
    /// The number of the flow, for receivers that several flows share. 0 until one is needed.
    pub(super) number: u64,
    /// The scope that records the flow.
    pub(super) scope: ScopeId,
    pub(super) list: Vec<Entry>,
    /// The length of the list at which it is searched for ended entries.
    sweep: usize,
    /// The message whose receiver was dropped in this poll. The loop's error may be its error.
    pub(super) dying: Option<Arc<ActiveSpan>>,
    /// Messages that another flow closed in this poll. This flow may claim them until the poll ends.
    pub(super) waiting: Vec<Entry>,
    /// The message that was open in the flow that spawned this one. It may be claimed in the first poll.
    pub(super) claimable: Option<Arc<ActiveSpan>>,
    /// The last message that another flow ended before a handler claimed it, sampled or not.
    pub(super) last: Option<Arc<ActiveSpan>>,
    pub(super) last_unsampled: Option<Unsampled>,
    pub(super) fanout: Option<Arc<FanoutFlow>>,
    /// The span that the flow works on, while it continues another one in its place.
    pub(super) below: Option<Arc<ActiveSpan>>,
    /// The messages that a thread received outside of any flow. A handler may claim them, but sends do not continue
    /// them.
    pub(super) nowhere: Vec<Entry>,
}

impl Rest {
    /// Creates the rest of a flow that a scope records. Returns `None` if it is the process.
    #[inline(never)]
    pub(super) fn of_scope(scope: ScopeId) -> Option<Box<Self>> {
        (!scope.is_process()).then(|| Box::new(Self { scope, ..Self::default() }))
    }
}

/// An open message.
pub(super) enum Entry {
    Unsampled(Unsampled),
    Active {
        active: Arc<ActiveSpan>,
        /// Whether the flow has had its chance to claim it, and no longer counts as a waiter.
        withdrawn: bool,
    },
}

/// An unsampled message that was opened in a flow.
#[derive(Clone, Copy)]
pub(super) struct Unsampled {
    pub(super) mode: SamplingMode,
    pub(super) tag: Tag,
    pub(super) slot: &'static ReceiverSlot,
    pub(super) epoch: u32,
}

impl Unsampled {
    fn is_open(&self) -> bool {
        self.slot.is_open(self.epoch)
    }

    /// Returns whether it is the message of this identity.
    pub(super) fn can_be(&self, message: Identity) -> bool {
        self.tag == Tag::of(message.kind()) && self.slot.of_type() == message.of_type()
    }
}

impl Entry {
    fn is_open(&self) -> bool {
        match self {
            Self::Unsampled(open) => open.is_open(),
            Self::Active { active, .. } => active.life.is_open(),
        }
    }

    /// Returns whether it is the message of this identity, and can be claimed.
    pub(super) fn can_be(&self, message: Identity) -> bool {
        match self {
            Self::Unsampled(open) => open.is_open() && open.can_be(message),
            Self::Active { active, .. } => active.can_be(message),
        }
    }

    /// Returns whether it is the message of this identity, which another flow closed in this poll.
    pub(super) fn could_be(&self, message: Identity) -> bool {
        match self {
            Self::Unsampled(closed) => closed.can_be(message),
            Self::Active { active, .. } => active.can_be(message),
        }
    }

    /// Returns whether it is this sampled message.
    pub(super) fn is(&self, message: &Arc<ActiveSpan>) -> bool {
        matches!(self, Self::Active { active, .. } if Arc::ptr_eq(active, message))
    }

    fn mode(&self) -> SamplingMode {
        match self {
            Self::Unsampled(open) => open.mode,
            Self::Active { .. } => SamplingMode::Current,
        }
    }
}

/// The state that a send continues.
pub(super) enum Current {
    /// No span: the mode determines the context of a send.
    Mode(SamplingMode),
    Span(Arc<ActiveSpan>),
}

impl Here {
    const fn new() -> Self {
        Self {
            word: Cell::new(Word::OUTSIDE),
            slot: Cell::new(None),
            options: Cell::new(None),
            base: Place::new(),
            instance: Place::new(),
            rest: Place::new(),
        }
    }

    // ----- hot path: nothing is sampled -----

    /// Returns whether the unsampled message on top is still open.
    #[inline]
    pub(super) fn is_live(&self, word: Word) -> bool {
        self.slot.get().is_some_and(|slot| slot.is_open(word.epoch()))
    }

    /// Returns whether the unsampled message of this slot and epoch is on top.
    #[inline]
    pub(super) fn is_on_top(&self, slot: &ReceiverSlot, epoch: u32) -> bool {
        let word = self.word.get();
        word.is_open() && word.epoch() == epoch && self.slot.get().is_some_and(|top| std::ptr::eq(top, slot))
    }

    /// Takes the unsampled message off the top.
    #[inline]
    pub(super) fn pop_unsampled(&self, word: Word) {
        if word.is_listed() { self.uncover() } else { self.word.set(word.settled()) }
    }

    // ----- what a loop does behind a handler -----

    /// Ends the continuation of a handled message, because a receiver is asked.
    #[inline]
    pub(super) fn end_continued(&self) {
        if self.word.get().continues() {
            self.end_continued_slow();
        }
    }

    #[inline(never)]
    pub(super) fn end_continued_slow(&self) {
        let word = self.word.get();
        let below = self.ask_rest(|rest| rest.below.take());
        let floor = word.settled();
        if word.has_list() || word.is_fanout() || below.is_none() && word.mode() == floor.mode() {
            return;
        }
        if below.is_some() || !floor.is(SamplingMode::Current) {
            drop(self.base.replace(below));
        }
        self.word.set(floor);
        self.tell();
    }

    // ----- the rest -----

    pub(super) fn replace_rest(&self, rest: Option<Box<Rest>>) -> Option<Box<Rest>> {
        self.rest.replace(rest)
    }

    /// Changes the rest, and creates it if there is none. The closure must not access this state.
    pub(super) fn with_rest<R>(&self, change: impl FnOnce(&mut Rest) -> R) -> R {
        let mut rest = self.rest.replace(None).unwrap_or_default();
        let result = change(&mut rest);
        self.rest.replace(Some(rest));
        self.word.set(self.word.get().with_rest(true));
        result
    }

    /// Reads the rest, if there is one. The closure must not access this state.
    pub(super) fn ask_rest<R>(&self, ask: impl FnOnce(&mut Rest) -> Option<R>) -> Option<R> {
        if self.word.get().has_rest() { self.with_rest(ask) } else { None }
    }

    // ----- the list of open messages -----

    /// Pushes a message that has a span onto the list.
    pub(super) fn push_active(&self, active: Arc<ActiveSpan>, withdrawn: bool) {
        self.push(|rest| {
            (rest.last, rest.last_unsampled) = (None, None);
            // Unlike `push`, this writes the entry into its place. A copy would wait for the writes.
            rest.list.extend(std::iter::once_with(|| Entry::Active { active, withdrawn }));
        });
        self.word.set(self.word.get().listed(SamplingMode::Current).with_waits(true));
        self.tell();
    }

    /// Pushes an unsampled message onto the list.
    pub(super) fn push_unsampled(&self, open: Unsampled) {
        self.push(|rest| rest.list.push(Entry::Unsampled(open)));
        self.uncover();
    }

    #[inline]
    fn push(&self, push: impl FnOnce(&mut Rest)) {
        self.end_continued();
        self.prune();
        self.give_back();
        let below = self.top_unsampled(self.word.get());
        self.with_rest(|rest| {
            if let Some(below) = below {
                rest.list.push(Entry::Unsampled(below));
            }
            if rest.list.len() >= rest.sweep.max(8) {
                // Otherwise ended entries below an open one would accumulate.
                rest.list.retain(Entry::is_open);
                rest.sweep = rest.list.len() * 2;
            }
            push(rest);
        });
    }

    /// Notes a message that was received outside of any flow.
    pub(super) fn push_nowhere(&self, entry: Entry) {
        self.with_rest(|rest| {
            rest.nowhere.retain(Entry::is_open);
            if rest.nowhere.len() >= MOST_WAITING {
                rest.nowhere.remove(0);
            }
            rest.nowhere.push(entry);
        });
    }

    /// Removes a message from the list, at any position.
    pub(super) fn remove(&self, at: usize) -> Option<Entry> {
        self.give_back();
        let removed = self.ask_rest(|rest| (at < rest.list.len()).then(|| rest.list.remove(at)));
        let word = self.word.get();
        if word.is_open() {
            let listed = self.ask_rest(|rest| (!rest.list.is_empty()).then_some(())).is_some();
            self.word.set(word.with_listed(listed));
        } else {
            self.uncover();
        }
        removed
    }

    /// Claims the only open message if it is this one and has a span, which is almost always the case.
    #[inline]
    pub(super) fn claim_only(&self, identity: Identity) -> Option<Arc<ActiveSpan>> {
        let word = self.word.get();
        if word.is_open() || !word.is_listed() {
            return None;
        }
        self.give_back();
        let only = self.ask_rest(|rest| {
            let [Entry::Active { active, withdrawn }] = rest.list.as_mut_slice() else { return None };
            if !rest.waiting.is_empty() || !active.life.is_open() || !active.can_be(identity) {
                return None;
            }
            if !active.life.claim(!std::mem::replace(withdrawn, true)) {
                return None; // another thread ended it first
            }
            match rest.list.pop()? {
                Entry::Active { active, .. } => Some(active),
                Entry::Unsampled(_) => None,
            }
        })?;
        self.word.set(self.word.get().settled());
        self.tell();
        Some(only)
    }

    /// Returns the position of the message, if it is near the top. One that is deeper is skipped when it is found.
    pub(super) fn position(&self, is_it: impl Fn(&Entry) -> bool) -> Option<usize> {
        self.ask_rest(|rest| {
            let depth = rest.list.iter().rev().take(MOST_DEEP).position(is_it)?;
            Some(rest.list.len() - 1 - depth)
        })
    }

    /// Removes ended entries from the top.
    #[inline]
    pub(super) fn prune(&self) {
        if self.word.get().has_list() {
            self.prune_list();
        }
    }

    fn prune_list(&self) {
        loop {
            let word = self.word.get();
            if word.is_open() {
                if self.is_live(word) {
                    return;
                }
                let ended = self.top_unsampled(word);
                self.pop_unsampled(word);
                if let Some(ended) = ended {
                    self.forget(Entry::Unsampled(ended));
                }
            } else if word.is_listed() {
                let ended = self.ask_rest(|rest| rest.list.pop_if(|top| !top.is_open()));
                let Some(ended) = ended else { return };
                self.give_back();
                self.uncover();
                self.forget(ended);
            } else {
                return;
            }
        }
    }

    /// Handles an entry that another flow ended, and that was removed from the list.
    fn forget(&self, ended: Entry) {
        match ended {
            Entry::Active { active, withdrawn } if withdrawn || !active.life.is_claimable() => {
                if !withdrawn {
                    active.give_up(None);
                }
                if active.life.is_unclaimed() {
                    self.with_rest(|rest| _ = rest.last.get_or_insert(active));
                }
            }
            // The flow may still claim it until the end of this poll.
            waiting => {
                let oldest = self.with_rest(|rest| {
                    rest.waiting.push(waiting);
                    (rest.waiting.len() > MOST_WAITING).then(|| rest.waiting.remove(0))
                });
                self.word.set(self.word.get().with_waits(true));
                if let Some(Entry::Active { active, .. }) = oldest {
                    active.give_up(None);
                }
            }
        }
    }

    /// Makes the last entry of the list the top, or the floor if there is none.
    #[cold]
    fn uncover(&self) {
        let top = self.ask_rest(|rest| {
            let mode = rest.list.last().map(Entry::mode)?;
            let unsampled = rest.list.pop_if(|top| matches!(top, Entry::Unsampled(_)));
            Some((mode, unsampled, !rest.list.is_empty()))
        });
        let word = self.word.get();
        match top {
            None => self.word.set(word.settled()),
            Some((mode, Some(Entry::Unsampled(open)), listed)) => {
                self.slot.set(Some(open.slot));
                self.word.set(word.opened(mode, open.tag, open.epoch).with_listed(listed));
            }
            Some((mode, ..)) => self.word.set(word.listed(mode)),
        }
        self.tell();
    }

    /// Returns the unsampled message on top.
    pub(super) fn top_unsampled(&self, word: Word) -> Option<Unsampled> {
        let slot = self.slot.get().filter(|_| word.is_open())?;
        Some(Unsampled { mode: word.mode(), tag: word.tag(), slot, epoch: word.epoch() })
    }

    // ----- what is current -----

    /// Returns what a send continues, after removing ended entries.
    pub(super) fn current(&self) -> Current {
        self.prune();
        self.top_span().map_or_else(|| Current::Mode(self.word.get().mode()), Current::Span)
    }

    /// Returns the span on top, or that of the flow.
    pub(super) fn top_span(&self) -> Option<Arc<ActiveSpan>> {
        let word = self.word.get();
        if !word.is(SamplingMode::Current) {
            None
        } else if word.is_listed() {
            self.ask_rest(|rest| match rest.list.last() {
                Some(Entry::Active { active, .. }) => Some(active.clone()),
                _ => None,
            })
        } else {
            self.base.get()
        }
    }

    /// Calls a function with the span on top, or that of the flow. The function must not access this state.
    #[inline]
    pub(super) fn with_top<R>(&self, look: impl FnOnce(&ActiveSpan) -> R) -> Option<R> {
        let word = self.word.get();
        if !word.is(SamplingMode::Current) {
            None
        } else if word.is_listed() {
            self.rest.with(|rest| match rest?.list.last() {
                Some(Entry::Active { active, .. }) => Some(look(active)),
                _ => None,
            })
        } else {
            self.base.with(|base| base.map(|base| look(base)))
        }
    }

    /// Returns the fan-out that the sends of this flow belong to, unless a message was received on top of it.
    pub(super) fn fanout(&self) -> Option<Arc<FanoutFlow>> {
        let word = self.word.get();
        if word.is_fanout() && word.is(SamplingMode::Current) && !word.is_listed() {
            self.ask_rest(|rest| rest.fanout.clone())
        } else {
            None
        }
    }

    /// Takes back sends that the fan-out has counted and this flow has not made.
    ///
    /// From now on, other flows may send, or another message is on top.
    pub(super) fn give_back(&self) {
        let word = self.word.get();
        let unsent = word.skip_next();
        if unsent > 0 {
            self.word.set(word.with_skip_next(0));
            if let Some(fanout) = self.fanout() {
                fanout.give_back(unsent);
            }
        }
    }

    // ----- another library's current context -----

    /// Tells the bridge the current span, after a change within the flow.
    #[inline]
    pub(super) fn tell(&self) {
        // Nobody knows when a poll ends in a task without a flow. A span made current there would stay on the thread.
        if let Some(bridge) = bridge().filter(|_| !self.word.get().is_task()) {
            self.tell_bridge(bridge);
        }
    }

    #[inline(never)]
    fn tell_bridge(&self, bridge: &dyn ContextBridge) {
        if self.word.get().is_entered() && caught(|| bridge.exit()) == Some(false) {
            // The bridge is notified when the flow is left, at the latest.
            return;
        }
        let entered = self.with_top(|active| enter(bridge, Some(active))).unwrap_or(false);
        self.word.set(self.word.get().with_entered(entered));
    }

    // ----- the recording scope -----

    /// Sets the scope that records the current code, and returns the previous one.
    pub(super) fn set_scope(&self, scope: ScopeId) -> ScopeId {
        let before = self.with_rest(|rest| std::mem::replace(&mut rest.scope, scope));
        self.word.set(self.word.get().with_apart(!scope.is_process()));
        scope::set_current(scope);
        before
    }

    /// Makes the scope of the flow current, after another flow was entered.
    #[cold]
    pub(super) fn show_scope(&self) {
        let own = if self.word.get().is_apart() { self.ask_rest(|rest| Some(rest.scope)) } else { None };
        scope::set_current(own.unwrap_or_default());
    }

    // ----- setting it aside -----

    /// Leaves the flow until the guard is dropped. Meanwhile nothing is traced, and nothing is opened.
    ///
    /// Open messages stay in their place. They are not found, because the word does not mention them.
    #[inline]
    pub(super) fn set_aside(&self) -> SetAside {
        SetAside(self.word.replace(Word::ASIDE))
    }
}

/// State that is restored on drop.
pub(super) struct SetAside(Word);

impl Drop for SetAside {
    #[inline]
    fn drop(&mut self) {
        HERE.with(|here| {
            // A receiver that several flows share may have requested the flow's number.
            let has_rest = here.word.get().has_rest();
            here.word.set(if has_rest { self.0.with_rest(true) } else { self.0 });
        });
    }
}

/// Tells the bridge the current span. Returns whether that succeeded.
pub(super) fn enter(bridge: &dyn ContextBridge, current: Option<&ActiveSpan>) -> bool {
    caught(|| bridge.enter(current.map(ActiveSpan::context), current.and_then(ActiveSpan::span))).is_some()
}

/// Puts the current flow into this scope, and returns the previous one.
pub(crate) fn enter_scope(scope: ScopeId) -> ScopeId {
    HERE.with(|here| here.set_scope(scope))
}
