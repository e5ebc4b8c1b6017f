//! The last message of a receiver. It opens at its receive, and ends at the next receive unless a handler claims it.

use std::panic::Location;
use std::sync::Arc;

use tokio::task::Id;

use super::active::{ActiveSpan, Identity};
use super::here::{Entry, HERE, Here, Unsampled};
use super::observed::observed;
use super::slot::ReceiverSlot;
use super::start::{BATCH, Claimable, Started, Surroundings, drops_root, start, start_batch};
use super::unscoped::{self, Closed};
use super::warn;
use super::word::{SamplingMode, Tag};
use crate::context::MessageContext;
use crate::context::scope::{self, InScope, ScopeId};
use crate::envelope::Describe;
use crate::observe::{self, MessageType, Observer, Received, ReceiverMailbox, call, is_observed, observer};
use crate::record::{
    Failure, count_dropped_by_fanout, count_dropped_by_parent, count_out_of_scope, count_skipped,
    is_process_recording,
};
use crate::sampling;

/// A way to receive a message.
///
/// Outside of a [flow](crate::Traced), it tells which task or thread handles the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReceiveMode {
    /// A future receives. The task that polls it handles the message.
    Async,
    /// A function that does not wait receives. The current task handles the message, or the thread outside of a
    /// runtime.
    Try,
    /// A function that blocks receives. The thread handles the message.
    Blocking,
}

/// The way and the source location of a receive. Created by the receiver's method.
#[derive(Debug, Clone, Copy)]
pub struct ReceiveSite {
    pub(crate) how: ReceiveMode,
    /// The source location of the call, for warnings.
    pub(crate) caller: &'static Location<'static>,
}

impl ReceiveSite {
    /// Creates the site of a receive, with the source location of the caller.
    ///
    /// Call it in a method with `#[track_caller]`, so that the location is that of the method's caller.
    #[track_caller]
    #[inline]
    pub fn of(how: ReceiveMode) -> Self {
        Self { how, caller: Location::caller() }
    }
}

/// A receiver's last message.
///
/// Each receiver has its own, so that a receive on another channel does not end it.
pub(crate) struct OpenMessage {
    /// The epoch of an unsampled message.
    unsampled: Option<u32>,
    /// Taken for the first unsampled message.
    slot: Option<&'static ReceiverSlot>,
    active: Option<Arc<ActiveSpan>>,
    /// The memory of the last sampled message, for the next one.
    spare: Option<Arc<ActiveSpan>>,
    /// The task without a flow that received it.
    task: Option<Id>,
    /// Whether the type of its messages was already noted.
    noted: bool,
    /// Whether the flow that received it shares the receiver with other workers.
    shared: bool,
    /// The scope in which the channel was created.
    scope: ScopeId,
    /// The mailbox, if it is observed.
    mailbox: Option<ReceiverMailbox>,
    /// The last messages of other workers.
    #[expect(clippy::box_collection, reason = "one word in each receiver, of which few are shared")]
    others: Option<Box<Vec<Self>>>,
}

/// The maximum number of workers' messages that are left open. Beyond it, the oldest one ends.
const MOST_WORKERS: usize = 256;

impl OpenMessage {
    /// Creates the state of a receiver, whose mailbox may be observed.
    pub(crate) fn new(mailbox: Option<ReceiverMailbox>) -> Self {
        Self {
            unsampled: None,
            slot: None,
            active: None,
            spare: None,
            task: None,
            noted: false,
            shared: false,
            scope: scope::current(),
            mailbox,
            others: None,
        }
    }

    // ----- hot path: nothing is sampled -----

    /// Opens `message`, which came with this context, as the receiver returns it.
    #[inline]
    pub(crate) fn open<M>(
        &mut self,
        context: MessageContext,
        message: &M,
        describe: Describe<M>,
        place: ReceiveSite,
    ) {
        HERE.with(|here| {
            let word = here.word.get();
            // Called only here, because it counts, and the slow path counts as well.
            let mode = match self.slot {
                Some(_) if word.takes_light() => unsampled_mode(here, &context, message, describe),
                _ => None,
            };
            match (mode, self.slot) {
                (Some(mode), Some(slot)) => {
                    if is_observed() {
                        slot.set_handling(self.tell(here, &context, message, describe));
                    }
                    std::mem::forget(context); // a tag: nothing to free, and no drop glue here
                    let epoch = slot.epoch();
                    self.unsampled = Some(epoch);
                    self.task = None;
                    self.shared = word.is_sharing();
                    here.slot.set(Some(slot));
                    here.word.set(word.opened(mode, Tag::of(describe.kind(message)), epoch));
                }
                _ => self.open_slow(context, message, describe, place),
            }
        });
    }

    /// Ends the last message unless a handler has claimed it, because the next one is requested.
    #[inline]
    pub(crate) fn close(&mut self) {
        Self::end_continued();
        self.end_last();
    }

    /// Ends what a loop continues behind its handler, because a receiver is asked.
    #[inline]
    pub(crate) fn end_continued() {
        HERE.with(Here::end_continued);
    }

    #[inline]
    fn end_last(&mut self) {
        if let (Some(epoch), Some(slot)) = (self.unsampled.take(), self.slot) {
            if !slot.was_claimed(epoch) {
                HERE.with(|here| {
                    if here.is_on_top(slot, epoch) {
                        end_handling(slot);
                        here.pop_unsampled(here.word.get());
                    } else {
                        self.close_elsewhere(here, slot, epoch);
                    }
                });
            }
        } else if self.active.is_some() {
            self.close_active(false);
        }
        if self.others.is_some() {
            self.close_own();
        }
    }

    // ----- everything else -----

    /// Counts messages that were taken out of the mailbox.
    #[inline]
    pub(crate) fn take(&self, messages: usize) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.take(messages as u64);
        }
    }

    /// Tells the observer of a message, and returns the number of its handling.
    ///
    /// Messages that foreign code receives are not observed.
    #[inline(never)]
    fn tell<M>(&self, here: &Here, context: &MessageContext, message: &M, describe: Describe<M>) -> u32 {
        self.take(1);
        let Some(observer) = observer().filter(|_| !here.word.get().is_aside()) else { return 0 };
        observed(here, describe.message_type(message), None, context, self.mailbox.as_deref(), |received| {
            observe::start(observer, received)
        })
    }

    /// Stores the number of the handling in the opened message.
    fn hand_over(&self, observer: &dyn Observer, number: u32) {
        match (&self.active, self.unsampled, self.slot) {
            (Some(active), ..) => active.observe(observer, number),
            (None, Some(_), Some(slot)) => slot.set_handling(number),
            _ => observe::end(number, None),
        }
    }

    /// Tells the observer of a message in a batch.
    pub(crate) fn observe_batched<M>(&self, context: &MessageContext, message: &M, describe: Describe<M>) {
        if let Some(observer) = observer() {
            let message = describe.message_type(message);
            HERE.with(|here| {
                observed(here, message, None, context, self.mailbox.as_deref(), |received| {
                    call(|| observer.batched(received));
                });
            });
        }
    }

    /// Opens messages that are handled together. See [`open`](Self::open).
    pub(crate) fn open_batch<M>(
        &mut self,
        contexts: Vec<MessageContext>,
        first: &M,
        describe: Describe<M>,
        place: ReceiveSite,
    ) {
        if HERE.with(|here| here.word.get().is_aside()) {
            return count_skipped();
        }
        let observer = observer();
        let number = observer.map_or(0, |observer| {
            let message = MessageType { kind: &BATCH, ..describe.message_type(first) };
            HERE.with(|here| {
                let none = MessageContext::ABSENT;
                observed(here, message, None, &none, self.mailbox.as_deref(), |received| {
                    observe::start(observer, &Received { is_batch: true, ..*received })
                })
            })
        });
        let start = |here: &Here| start_batch(contexts, || describe.of(first), &Surroundings::of(here, None));
        self.put(place, start, Identity::new::<M>(&BATCH));
        if let Some(observer) = observer {
            self.hand_over(observer, number);
        }
    }

    /// Returns whether the message is over for this receiver: it has ended, or a handler has it.
    pub(crate) fn is_over(&self) -> bool {
        match (&self.active, self.slot, self.unsampled) {
            (Some(active), ..) => !active.life.is_open(),
            (None, Some(slot), Some(epoch)) => slot.was_claimed(epoch) || !slot.is_open(epoch),
            _ => true,
        }
    }

    #[inline(never)]
    fn open_slow<M>(
        &mut self,
        context: MessageContext,
        message: &M,
        describe: Describe<M>,
        place: ReceiveSite,
    ) {
        let observer = observer();
        let number = observer.map_or(0, |_| HERE.with(|here| self.tell(here, &context, message, describe)));
        self.open_unobserved(context, message, describe, place);
        if let Some(observer) = observer {
            self.hand_over(observer, number);
        }
    }

    fn open_unobserved<M>(
        &mut self,
        context: MessageContext,
        message: &M,
        describe: Describe<M>,
        place: ReceiveSite,
    ) {
        // Received by foreign code, within a recorder or a sampler.
        if HERE.with(|here| here.word.get().is_aside()) {
            return count_skipped();
        }
        let kind = describe.kind(message);
        if !std::mem::replace(&mut self.noted, true) {
            warn::note_received(std::any::type_name::<M>());
        }
        let identity = Identity::new::<M>(kind);
        let spare = self.spare.take();
        self.put(
            place,
            |here| {
                let scope = scope::current();
                let in_process = scope.is_process() && context.scope().is_process();
                if in_process && let Some(mode) = unsampled_mode(here, &context, message, describe) {
                    return Started::Unsampled(mode);
                }
                // Flows of the scope mark what they send.
                let context =
                    if context.may_claim() { MessageContext::absent_in(scope, true) } else { context };
                let claimable = Claimable::ByFlow(identity);
                let surroundings = Surroundings::of(here, None);
                surroundings.spare.set(spare);
                start(context, || describe.of(message), &claimable, &surroundings)
            },
            identity,
        );
    }

    /// Starts the message and puts it on top of the current flow.
    fn put(&mut self, place: ReceiveSite, start: impl FnOnce(&Here) -> Started, identity: Identity) {
        let word = HERE.with(|here| here.word.get());
        let scoped = word.is_scoped();
        self.shared = word.is_sharing();
        let task = if scoped { None } else { tokio::task::try_id() };
        // A thread is a flow only outside of a runtime, where no tasks share it.
        let is_thread = || match place.how {
            ReceiveMode::Async => false,
            ReceiveMode::Try => tokio::runtime::Handle::try_current().is_err(),
            ReceiveMode::Blocking => true,
        };
        if !scoped && task.is_none() && !is_thread() {
            return self.put_nowhere(place, start, identity);
        }
        let _scope = self.enter_scope(scoped);
        if scoped {
            // Not by `unscoped::here`, which would return the started message through memory.
            HERE.with(|here| {
                let started = start(here);
                self.push(here, started, false, identity);
            });
        } else {
            unscoped::here(|here| {
                let started = start(here);
                if task.is_some() && started.is_recording() {
                    warn::unscoped_receive(place.caller);
                }
                // A thread has no polls, so it never gives up its chance to claim the message.
                self.push(here, started, task.is_none(), identity);
            });
        }
        self.task = task;
        if !scoped && task.is_none() {
            unscoped::end_with_thread();
        }
    }

    fn push(&mut self, here: &Here, started: Started, withdrawn: bool, identity: Identity) {
        match started {
            Started::Active(active) => {
                self.active = Some(active.clone());
                if withdrawn {
                    active.give_up(None);
                }
                here.push_active(active, withdrawn);
            }
            Started::Unsampled(mode) => {
                let open = self.unsampled(mode, identity);
                let word = here.word.get();
                if word.takes_light() {
                    here.slot.set(Some(open.slot));
                    here.word.set(word.opened(mode, open.tag, open.epoch));
                } else {
                    here.push_unsampled(open);
                }
            }
        }
    }

    /// Enters the scope of the channel if the current flow has none.
    ///
    /// The flow then belongs to that scope. `is_flow` is false if the message has no flow.
    fn enter_scope(&self, is_flow: bool) -> InScope {
        let joins = !self.scope.is_process() && scope::current().is_process();
        if joins && is_flow {
            HERE.with(|here| here.set_scope(self.scope));
        }
        if joins && !is_flow { self.scope.enter() } else { ScopeId::PROCESS.enter() }
    }

    /// Starts a message whose task is not known.
    ///
    /// It has its span, which its handler may claim. Sends are not connected with it.
    #[cold]
    fn put_nowhere(&mut self, place: ReceiveSite, start: impl FnOnce(&Here) -> Started, identity: Identity) {
        let _scope = self.enter_scope(false);
        HERE.with(|here| {
            let started = start(here);
            if started.is_recording() {
                count_out_of_scope();
                warn::unscoped_receive(place.caller);
            }
            let entry = match started {
                Started::Active(active) => {
                    // There is no flow whose end could be waited for.
                    active.give_up(None);
                    self.active = Some(active.clone());
                    Entry::Active { active, withdrawn: true }
                }
                Started::Unsampled(mode) => Entry::Unsampled(self.unsampled(mode, identity)),
            };
            here.push_nowhere(entry);
        });
        unscoped::end_with_thread();
    }

    /// Returns the entry of this receiver's message, of which nothing is sampled.
    fn unsampled(&mut self, mode: SamplingMode, identity: Identity) -> Unsampled {
        let take = || ReceiverSlot::take(identity.type_name(), identity.of_type());
        let slot = *self.slot.get_or_insert_with(take);
        let epoch = slot.epoch();
        self.unsampled = Some(epoch);
        Unsampled { mode, tag: Tag::of(identity.kind()), slot, epoch }
    }

    /// Closes an unsampled message that is not on top of the current flow.
    #[cold]
    fn close_elsewhere(&mut self, here: &Here, slot: &'static ReceiverSlot, epoch: u32) {
        if self.shared && slot.is_open(epoch) && !is_unsampled_here(here, slot, epoch) {
            self.unsampled = Some(epoch);
            return self.leave_to_worker();
        }
        end_handling(slot);
        slot.end_of(epoch);
        let take_out = |here: &Here| {
            if here.is_on_top(slot, epoch) {
                let word = here.word.get();
                let top = here.top_unsampled(word).map(Entry::Unsampled);
                here.pop_unsampled(word);
                return top;
            }
            let mine = |entry: &Entry| is_entry_of(entry, slot, epoch);
            here.position(mine).and_then(|at| here.remove(at))
        };
        match self.task.take() {
            Some(task) => unscoped::of_task(here, task, |here| {
                if let Some(Entry::Unsampled(closed)) = take_out(here) {
                    unscoped::lose(task, Closed::Unsampled(closed));
                }
            }),
            None => drop(take_out(here)),
        }
    }

    // ----- a receiver that several workers share -----

    /// Leaves the message to the worker that received it, which still works on it.
    fn leave_to_worker(&mut self) {
        let mut left = Self::new(None);
        (left.unsampled, left.slot, left.active) =
            (self.unsampled.take(), self.slot.take(), self.active.take());
        (left.noted, left.scope) = (true, self.scope);
        left.shared = std::mem::take(&mut self.shared);
        let others = self.others.get_or_insert_default();
        let oldest = (others.len() >= MOST_WORKERS).then(|| others.remove(0));
        others.push(left);
        drop(oldest); // which may tell a recorder
    }

    /// Ends the message that this flow received before other workers received theirs, and removes ended ones.
    #[cold]
    fn close_own(&mut self) {
        let Some(others) = &mut self.others else { return };
        let own = HERE.with(|here| others.iter().position(|other| other.is_here(here)));
        let own = own.map(|at| others.swap_remove(at));
        let over: Vec<_> = others.extract_if(.., |other| other.is_over()).collect();
        for mut last in own.into_iter().chain(over) {
            last.shared = false;
            last.end_last();
            self.slot = self.slot.or_else(|| last.slot.take());
        }
    }

    /// Returns whether the message is open in the current flow.
    fn is_here(&self, here: &Here) -> bool {
        match (&self.active, self.slot, self.unsampled) {
            (Some(active), ..) => here.position(|entry| entry.is(active)).is_some(),
            (None, Some(slot), Some(epoch)) => is_unsampled_here(here, slot, epoch),
            _ => false,
        }
    }

    #[inline(never)]
    fn close_active(&mut self, dropping: bool) {
        let Some(active) = self.active.take() else { return };
        // Almost always a handler has it. If it waits or has ended, its flow skips it.
        if self.task.is_none() && !active.life.is_open() {
            self.spare = ActiveSpan::into_spare(active);
            return;
        }
        if self.shared && !dropping && HERE.with(|here| here.position(|entry| entry.is(&active))).is_none() {
            self.active = Some(active);
            return self.leave_to_worker();
        }
        let failure = panic();
        let task = self.task.take();
        HERE.with(|here| match task {
            Some(task) => unscoped::of_task(here, task, |here| {
                Self::close_in(here, &active, failure, dropping);
                if let Some(identity) = active.identity.filter(|_| active.life.is_unclaimed()) {
                    let context = active.context().clone();
                    unscoped::lose(task, Closed::Sampled { identity, context });
                }
            }),
            None => Self::close_in(here, &active, failure, dropping),
        });
        self.spare = ActiveSpan::into_spare(active);
    }

    /// Takes the message out of the current flow, if it is there, and ends it or lets it wait.
    fn close_in(here: &Here, active: &Arc<ActiveSpan>, failure: Option<Failure<'_>>, dropping: bool) {
        let at = here.position(|entry| entry.is(active));
        let Some(Entry::Active { withdrawn, .. }) = at.and_then(|at| here.remove(at)) else {
            return active.close(false, failure);
        };
        if !dropping || failure.is_some() || !here.word.get().is_scoped() || !active.life.is_open() {
            return active.close(!withdrawn, failure);
        }
        // Its receiver is dropped in its own flow, at the end of the loop. The loop's error may be its error.
        if withdrawn {
            active.life.wait();
        }
        active.close(false, None);
        let before = here.with_rest(|rest| rest.dying.replace(active.clone()));
        here.word.set(here.word.get().with_waits(true));
        if let Some(before) = before {
            before.give_up(None);
        }
    }
}

/// Tells the observer that the message of this slot is over.
#[inline]
fn end_handling(slot: &ReceiverSlot) {
    if slot.handling() != 0 {
        observe::end(slot.take_handling(), panic().as_ref());
    }
}

/// Returns whether the unsampled message of this slot and epoch is open in the current flow.
fn is_unsampled_here(here: &Here, slot: &'static ReceiverSlot, epoch: u32) -> bool {
    here.is_on_top(slot, epoch) || here.position(|entry| is_entry_of(entry, slot, epoch)).is_some()
}

fn is_entry_of(entry: &Entry, slot: &'static ReceiverSlot, epoch: u32) -> bool {
    matches!(entry, Entry::Unsampled(open) if open.epoch == epoch && std::ptr::eq(open.slot, slot))
}

impl Drop for OpenMessage {
    fn drop(&mut self) {
        self.shared = false;
        self.close_active(true);
        self.end_last();
        if let Some(slot) = self.slot.take() {
            slot.give_back();
        }
    }
}

/// Returns the failure of a message that ends while the thread panics.
fn panic() -> Option<Failure<'static>> {
    if std::thread::panicking() { Some(Failure::PANIC) } else { None }
}

/// Returns the mode of a message that its sender decided not to sample, unless a sampler decides about it again.
#[inline]
pub(super) fn dropped_by_sender(context: &MessageContext) -> Option<SamplingMode> {
    if !context.is_unsampled() || sampling::looks_at_all() {
        return None;
    }
    if context.is_not_selected() {
        count_dropped_by_fanout();
    } else {
        count_dropped_by_parent();
    }
    Some(SamplingMode::of_unsampled(context))
}

/// Returns the mode of a message that needs neither a decision nor a span, and counts it.
#[inline]
fn unsampled_mode<M>(
    here: &Here,
    context: &MessageContext,
    message: &M,
    describe: Describe<M>,
) -> Option<SamplingMode> {
    if context.is_unsampled() {
        dropped_by_sender(context)
    } else if !context.is_plainly_absent() {
        None
    } else if is_process_recording() {
        let (kind, options) = describe.kind_and_options(message);
        drops_root(here, kind, options).then_some(SamplingMode::Unsampled)
    } else {
        count_skipped();
        Some(SamplingMode::Unrecorded)
    }
}
