//! The state of a flow, which is exchanged with the thread's state at each poll.

use std::sync::Arc;

use super::active::ActiveSpan;
use super::fanouts::FanoutFlow;
use super::guarded::caught;
use super::here::{self, Current, Entry, HERE, Here, Rest};
use super::slot::ReceiverSlot;
use super::unscoped;
use super::word::{SamplingMode, Word};
use crate::context::scope::{self, ScopeId};
use crate::record::{ContextBridge, Failure, bridge};
use crate::sampling::{Options, Selection};

/// The state of a flow while it is not polled. While it is polled, this is the state of the surrounding flow.
pub(crate) struct FlowState {
    word: Word,
    slot: Option<&'static ReceiverSlot>,
    options: Option<&'static Options>,
    base: Option<Arc<ActiveSpan>>,
    instance: Option<Arc<str>>,
    rest: Option<Box<Rest>>,
}

/// The flow of a handler whose message is not sampled, in a third of the space.
///
/// For futures that are moved before they are polled.
pub(crate) struct LightFlow(Word, Option<&'static Options>);

impl LightFlow {
    /// A flow that is not entered.
    pub(crate) const NONE: Self = Self(Word::OUTSIDE, None);

    /// Creates a flow with no open message, in this mode.
    #[inline]
    pub(super) const fn of_mode(mode: SamplingMode, options: &'static Options) -> Self {
        Self(Word::flow(mode), Some(options))
    }

    /// Returns the flow for a poll.
    #[inline]
    pub(crate) const fn flow(&self) -> FlowState {
        FlowState::of_word(self.0, self.1)
    }

    /// Enters the flow on this thread, if what surrounds it consists of words. Returns what surrounds it.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Self> {
        HERE.with(|here| {
            let around = here.word.get();
            (around.is_light() && !around.has_slot_or_rest())
                .then(|| Self(here.word.replace(self.0), here.options.replace(self.1)))
        })
    }

    /// Leaves the flow, if it is still as it was.
    #[inline]
    pub(crate) fn leave(&self, around: &Self) -> bool {
        HERE.with(|here| {
            let is_same = here.word.get() == self.0;
            if is_same {
                here.word.set(around.0);
                here.options.set(around.1);
            }
            is_same
        })
    }
}

/// The properties of a receive loop that the macro has seen.
#[derive(Debug, Clone, Copy)]
pub struct Loop {
    /// Whether its receiver is behind a lock, which other workers lock as well.
    pub shares: bool,
    /// Whether it awaits each handler in place, and may send what it returns.
    pub continues: bool,
}

impl FlowState {
    // ----- making one -----

    /// Creates a flow that consists of words only.
    #[inline]
    pub(super) const fn of_word(word: Word, options: Option<&'static Options>) -> Self {
        Self { word, slot: None, options, base: None, instance: None, rest: None }
    }

    /// Creates a flow that continues the surroundings of its first poll.
    pub(crate) const fn fresh(options: Option<&'static Options>) -> Self {
        Self::of_word(Word::FRESH, options)
    }

    /// Turns the flow into that of a loop, which may share its receiver with other workers.
    ///
    /// A message that a worker received is its own work until it requests the next one, even if other workers receive
    /// in the meantime.
    pub(crate) const fn of_loop(mut self, of: Loop) -> Self {
        self.word = self.word.with_sharing(of.shares).with_continues(of.continues);
        self
    }

    /// Creates a flow with no open message, in this mode.
    #[inline]
    pub(crate) const fn of_mode(mode: SamplingMode, options: Option<&'static Options>) -> Self {
        Self::of_word(Word::flow(mode), options)
    }

    /// Creates the flow of a handler call. `rest` is `Some` if a scope records it.
    #[inline]
    pub(super) const fn of_claim(
        word: Word,
        base: Option<Arc<ActiveSpan>>,
        options: Option<&'static Options>,
        instance: Option<Arc<str>>,
        rest: Option<Box<Rest>>,
    ) -> Self {
        let word =
            word.with_instance(instance.is_some()).with_rest(rest.is_some()).with_apart(rest.is_some());
        Self { word, slot: None, options, base, instance, rest }
    }

    /// Creates the state of a task without a flow, with no open message.
    pub(super) const fn of_task() -> Self {
        Self::of_word(Word::TASK, None)
    }

    /// Creates a flow that works on this span. The caller ends the span.
    pub(super) fn of_span(span: Arc<ActiveSpan>, options: Option<&'static Options>) -> Self {
        let mut flow = Self::of_mode(SamplingMode::Current, options);
        flow.join(span.context().scope);
        flow.base = Some(span);
        flow
    }

    /// Creates a flow that continues the current context, but not the open messages.
    ///
    /// In its first poll it may claim the last received message.
    pub(crate) fn inherit(options: Option<&'static Options>) -> Self {
        unscoped::here(|here| {
            here.give_back();
            let own = options.or(here.options.get());
            let fanout = here.fanout();
            let mut state = match here.current() {
                Current::Span(span) => {
                    span.share();
                    Self::of_span(span, own)
                }
                Current::Mode(mode) => Self::of_mode(mode.inherited(), own),
            };
            if let Some(fanout) = fanout {
                fanout.share();
                state.word = state.word.with_fanout(true);
                state.rest_mut().fanout = Some(fanout);
            }
            let claimable = here.ask_rest(|rest| match rest.list.last() {
                Some(Entry::Active { active, .. }) if active.life.is_open() => Some(active.clone()),
                _ => None,
            });
            if let Some(active) = claimable.filter(|_| here.word.get().is(SamplingMode::Current)) {
                active.life.wait();
                state.rest_mut().claimable = Some(active);
                state.word = state.word.with_waits(true);
            }
            state.inherit_surroundings(here);
            state
        })
    }

    /// Creates a flow within the current one, in which each send is a recipient of a fan-out.
    pub(crate) fn of_fanout(selection: Selection) -> (Self, Arc<FanoutFlow>) {
        unscoped::here(|here| {
            let span = match here.current() {
                Current::Span(span) => Some(span),
                Current::Mode(_) => None,
            };
            let fanout = Arc::new(FanoutFlow::new(selection, span.clone()));
            let mut state = Self::of_mode(SamplingMode::Current, here.options.get());
            state.base = span;
            state.word = state.word.with_fanout(true);
            state.rest_mut().fanout = Some(fanout.clone());
            state.inherit_surroundings(here);
            (state, fanout)
        })
    }

    /// Copies the instance name and the recorder of the current flow.
    pub(super) fn inherit_surroundings(&mut self, here: &Here) {
        if here.word.get().has_instance() {
            self.instance = here.instance.get();
            self.word = self.word.with_instance(true);
        }
        self.join(scope::current());
    }

    /// Lets this scope record the flow, unless it already has one.
    #[inline]
    pub(super) fn join(&mut self, scope: ScopeId) {
        if !scope.is_process() && !self.word.is_apart() {
            self.set_apart(scope);
        }
    }

    #[cold]
    fn set_apart(&mut self, scope: ScopeId) {
        self.rest_mut().scope = scope;
        self.word = self.word.with_apart(true);
    }

    /// Creates the flow of an actor, with the recorder of the current flow.
    pub(crate) fn of_actor(options: Option<&'static Options>) -> Self {
        let mut flow = Self::of_mode(SamplingMode::Absent, options);
        flow.join(scope::current());
        flow
    }

    /// Sets the instance name of the flow's actor.
    pub(crate) fn name(&mut self, instance: Arc<str>) {
        self.instance = Some(instance);
        self.word = self.word.with_instance(true);
    }

    fn rest_mut(&mut self) -> &mut Rest {
        self.word = self.word.with_rest(true);
        self.rest.get_or_insert_default()
    }

    /// Returns the flow as words, or the flow itself if it has any other state.
    #[inline]
    pub(crate) fn into_light(self) -> Result<LightFlow, Self> {
        if !self.word.is_light() || self.word.has_slot_or_rest() {
            return Err(self);
        }
        let light = LightFlow(self.word, self.options);
        std::mem::forget(self); // by the word, there is nothing to drop
        Ok(light)
    }

    // ----- running it -----

    /// Enters the flow on this thread until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&mut self) -> FlowGuard<'_> {
        HERE.with(|here| {
            let outer = here.word.get();
            if outer.either(self.word).is_light() {
                self.exchange_words(here);
            } else {
                self.enter_slow(here);
            }
        });
        FlowGuard { state: self, owns: false }
    }

    /// Enters the flow like [`enter`](Self::enter). If `owns` is true, a panic also ends the span that the flow works
    /// on.
    #[inline]
    pub(crate) fn enter_owning(&mut self, owns: bool) -> FlowGuard<'_> {
        let mut guard = self.enter();
        guard.owns = owns;
        guard
    }

    /// Leaves the flow. Returns whether a panic would have something to end.
    #[inline]
    pub(crate) fn leave(&mut self) -> bool {
        HERE.with(|here| {
            let own = here.word.get();
            let light = own.either(self.word).is_light();
            if light {
                self.exchange_words(here);
            } else {
                self.leave_slow(here);
            }
            !light || own.has_open()
        })
    }

    #[inline]
    fn exchange_words(&mut self, here: &Here) {
        let other = here.word.replace(self.word);
        self.options = here.options.replace(self.options);
        if other.either(self.word).has_slot_or_rest() {
            self.slot = here.slot.replace(self.slot);
            self.rest = here.replace_rest(self.rest.take());
        }
        self.word = other;
    }

    /// Exchanges the state. It does not notify the bridge.
    pub(super) fn exchange(&mut self, here: &Here) {
        self.exchange_words(here);
        self.base = here.base.replace(self.base.take());
        self.instance = here.instance.replace(self.instance.take());
        if self.word.either(here.word.get()).is_apart() {
            here.show_scope();
        }
    }

    #[inline(never)]
    fn enter_slow(&mut self, here: &Here) {
        if self.word.is_fresh() {
            if self.options.is_some() {
                // A loop that another one calls behind its handler: it asks a receiver.
                here.end_continued();
            }
            let mut state = Self::inherit(self.options);
            state.word =
                state.word.with_sharing(self.word.is_sharing()).with_continues(self.word.continues());
            if let Some(name) = self.instance.take() {
                state.name(name);
            }
            *self = state;
        }
        let around = here.word.get();
        if (self.word.is(SamplingMode::Current) || around.is_entered())
            && let Some(bridge) = bridge()
        {
            if self.is_stale() {
                return self.enter_stale(here, bridge);
            }
            let own = self.top();
            let known = if around.is_entered() { here.with_top(std::ptr::from_ref) } else { None };
            if !is_known(own, self.word, known) {
                let entered = here::enter(bridge, own);
                self.word = self.word.with_entered(entered);
            }
        }
        self.exchange(here);
    }

    /// Returns the span on top of the flow, which must not be entered.
    #[inline]
    fn top(&self) -> Option<&ActiveSpan> {
        if !self.word.is(SamplingMode::Current) {
            None
        } else if self.word.is_listed() {
            match self.rest.as_ref()?.list.last()? {
                Entry::Active { active, .. } => Some(active),
                Entry::Unsampled(_) => None,
            }
        } else {
            self.base.as_deref()
        }
    }

    /// Returns whether another flow may have ended the message on top.
    #[inline]
    fn is_stale(&self) -> bool {
        self.word.has_list() && self.top().is_none_or(|top| !top.life.is_open())
    }

    /// Enters a flow whose top must be searched after it is entered.
    #[cold]
    fn enter_stale(&mut self, here: &Here, bridge: &dyn ContextBridge) {
        self.exchange(here);
        here.prune();
        let own = here.word.get();
        let known = if self.word.is_entered() { self.top().map(std::ptr::from_ref) } else { None };
        let enter = |top: Option<&ActiveSpan>| !is_known(top, own, known) && here::enter(bridge, top);
        let entered = here.with_top(|top| enter(Some(top)));
        // If there is none, the flow must not run under the surrounding span.
        let entered = entered.unwrap_or_else(|| enter(None));
        here.word.set(here.word.get().with_entered(entered));
    }

    #[inline(never)]
    fn leave_slow(&mut self, here: &Here) {
        here.give_back();
        let own = here.word.get();
        if own.is_entered() {
            if let Some(bridge) = bridge() {
                caught(|| bridge.exit());
            }
            here.word.set(own.with_entered(false));
        }
        self.exchange(here);
    }

    // ----- the ends of polls and of flows -----

    /// Ends a poll.
    ///
    /// From now on, a receive by another flow ends the open messages at once, because this flow had its chance to claim
    /// them.
    #[inline]
    pub(crate) fn end_poll(&mut self) {
        if self.word.waits() {
            self.withdraw();
        }
    }

    #[inline(never)]
    fn withdraw(&mut self) {
        self.word = self.word.with_waits(false);
        self.give_up_claimable();
        let Some(rest) = &mut self.rest else { return };
        if let Some(dying) = rest.dying.take() {
            dying.give_up(None);
        }
        for closed in std::mem::take(&mut rest.waiting) {
            match closed {
                Entry::Unsampled(closed) => rest.last_unsampled = Some(closed),
                Entry::Active { active, .. } => {
                    active.give_up(None);
                    rest.last = Some(active);
                }
            }
        }
        for entry in rest.list.iter_mut().rev() {
            if let Entry::Active { active, withdrawn } = entry {
                if std::mem::replace(withdrawn, true) {
                    break;
                }
                active.give_up(None);
            }
        }
    }

    fn give_up_claimable(&mut self) {
        if let Some(active) = self.rest.as_mut().and_then(|rest| rest.claimable.take()) {
            active.give_up(None);
        }
    }

    /// Ends the open messages of the flow, with this failure if there was one.
    #[inline]
    pub(crate) fn end(&mut self, failure: Option<Failure<'_>>) {
        if self.word.has_open() {
            self.end_slow(failure);
        }
    }

    /// Returns whether there is anything to end.
    #[inline]
    pub(crate) fn has_open(&self) -> bool {
        self.base.is_some() || self.word.has_open()
    }

    /// Returns whether the span that it works on is recorded.
    #[inline]
    pub(crate) fn is_recording(&self) -> bool {
        self.base.as_ref().is_some_and(|base| base.span().is_some())
    }

    /// Ends the flow. If `owns` is true, also ends the span that it works on.
    #[inline(never)]
    pub(crate) fn finish(&mut self, owns: bool, failure: Option<Failure<'_>>) {
        self.end(failure);
        if owns && let Some(base) = &self.base {
            base.finish(failure);
        }
    }

    #[inline(never)]
    fn end_slow(&mut self, failure: Option<Failure<'_>>) {
        self.give_up_claimable();
        if let (true, Some(slot)) = (self.word.is_open(), self.slot) {
            slot.end_of(self.word.epoch());
        }
        self.word = self.word.settled().with_waits(false);
        let Some(rest) = &mut self.rest else { return };
        if let Some(dying) = rest.dying.take() {
            dying.give_up(failure);
        }
        for closed in std::mem::take(&mut rest.waiting) {
            if let Entry::Active { active, .. } = closed {
                active.give_up(failure);
            }
        }
        // Not `drain`: the recorder may panic. The panic is caught, but the remaining entries must not be lost.
        while let Some(entry) = rest.list.pop() {
            match entry {
                Entry::Unsampled(open) => open.slot.end_of(open.epoch),
                Entry::Active { active, withdrawn } => active.close(!withdrawn, failure),
            }
        }
    }

    /// Returns whether no message is open in it.
    pub(super) fn is_idle(&self) -> bool {
        !self.word.has_list()
    }
}

/// Returns whether the bridge already knows a flow's top.
///
/// It does if the top is the surrounding span `known`, which it has entered. It also does if the flow has no span of
/// ours, as in a fan-out outside of any message.
fn is_known(own: Option<&ActiveSpan>, word: Word, known: Option<*const ActiveSpan>) -> bool {
    match own {
        Some(own) => known == Some(std::ptr::from_ref(own)),
        None => word.is_fanout(),
    }
}

impl Drop for FlowState {
    #[inline]
    fn drop(&mut self) {
        if self.rest.is_some() {
            self.end(None);
        }
    }
}

/// A guard that leaves the flow when it is dropped.
pub(crate) struct FlowGuard<'a> {
    state: &'a mut FlowState,
    owns: bool,
}

impl Drop for FlowGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.state.leave() && std::thread::panicking() {
            self.state.finish(self.owns, Some(Failure::PANIC));
        }
    }
}
