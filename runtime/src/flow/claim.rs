//! Claims: a handler that is called with a message takes over the message's span, or starts one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::active::{ActiveSpan, Identity};
use super::capture::capture;
use super::here::{Entry, HERE, Here, Rest};
use super::observed::observed;
use super::receive::dropped_by_sender;
use super::start::{Claimable, Started, Surroundings, start, start_batch};
use super::state::{FlowState, LightFlow};
use super::unscoped::{self, Closed};
use super::warn;
use super::word::{SamplingMode, Tag, Word};
use crate::context::scope::{self, ScopeId};
use crate::context::{MessageContext, SampledContext};
use crate::envelope::Describe;
use crate::observe::{self, Handling, HandlingId, Observer, call, is_observed, observer};
use crate::record::{Description, SentAs, count_ambiguous, count_skipped, is_recording};
use crate::sampling::Options;

/// The result of a claim, from which the handler's flow is created.
///
/// It fits into two registers. A whole [`FlowState`] would be returned through memory.
pub(crate) struct Claimed {
    /// The flow's word. In place of the number of sends to skip, it holds the number of the handling.
    word: Word,
    base: Option<Arc<ActiveSpan>>,
}

impl Claimed {
    fn of_mode(mode: SamplingMode) -> Self {
        Self { word: Word::flow(mode), base: None }
    }

    fn of_span(active: Arc<ActiveSpan>) -> Self {
        Self { word: Word::flow(SamplingMode::Current), base: Some(active) }
    }

    /// Lets the current flow continue the message, if it is a loop that awaits each handler in place.
    ///
    /// What such a loop sends behind the handler belongs to the message, until the loop asks a receiver for the next one.
    #[inline]
    pub(crate) fn continue_here(&self) {
        HERE.with(|here| {
            if here.word.get().continues() {
                self.continue_in(here);
            }
        });
    }

    #[inline(never)]
    fn continue_in(&self, here: &Here) {
        here.prune();
        here.end_continued_slow();
        let word = here.word.get();
        if word.has_list() || word.is_fanout() {
            // Of several messages, nothing says which one a send belongs to.
            return here.word.set(word.with_continues(false));
        }
        if self.base.is_some() {
            let below = here.base.replace(self.base.clone());
            here.with_rest(|rest| rest.below = below);
        }
        here.word.set(here.word.get().continuing(self.word.mode()));
        here.tell();
    }

    /// Takes the handling, if it is observed.
    #[inline]
    pub(crate) fn take_handling(&mut self) -> Handling {
        let number = self.word.skip_next();
        if number != 0 {
            self.word = self.word.with_skip_next(0);
        }
        Handling::of(number)
    }

    /// Creates the handler's flow, with the instance name and the recorder of the current flow. Take its handling
    /// first.
    #[expect(clippy::inline_always, reason = "a call would return the state through memory")]
    #[inline(always)]
    pub(crate) fn into_flow(self, options: Option<&'static Options>) -> FlowState {
        let Self { word, base } = self;
        let (own, is_named) = HERE.with(|here| {
            let around = here.word.get();
            let own = options.or_else(|| here.options.get().filter(|_| around.is_scoped()));
            (own, around.has_instance())
        });
        let instance = if is_named { instance() } else { None };
        let rest = if scope::any() { Rest::of_scope(scope_of(base.as_deref())) } else { None };
        FlowState::of_claim(word, base, own, instance, rest)
    }
}

/// Returns the scope that records the handler: that of its message, or else the current one.
#[inline(never)]
fn scope_of(base: Option<&ActiveSpan>) -> ScopeId {
    base.map_or(ScopeId::PROCESS, |base| base.context().scope).or(scope::current())
}

#[inline(never)]
fn instance() -> Option<Arc<str>> {
    HERE.with(|here| here.instance.get())
}

/// Claims the message of a handler call, which has this context.
///
/// * If exactly one open message of the flow has the type and kind of a bare message, it is that message. Its span
///   moves from the flow to the handler.
/// * If two open messages have its type and kind, it is treated as neither. Its span is a root with links to both.
/// * In the first poll of a task of `task::spawn`, the message that was open in the spawning flow counts as well.
/// * Any other bare message is a direct call, which continues the caller's span.
///
/// `sent` is the way in which the message was sent, if it is not the one of its kind.
#[inline]
pub(crate) fn claim<M>(
    options: Option<&'static Options>,
    context: MessageContext,
    message: &M,
    describe: Describe<M>,
    sent: SentAs,
) -> Claimed {
    match observer() {
        None => claim_unobserved(options, context, message, describe, sent),
        Some(observer) => claim_observed(observer, options, context, message, describe, sent),
    }
}

/// Claims a message together with the handling that its receive began. Begins a handling if the receive did not.
#[inline(never)]
fn claim_observed<M>(
    observer: &dyn Observer,
    options: Option<&'static Options>,
    context: MessageContext,
    message: &M,
    describe: Describe<M>,
    sent: SentAs,
) -> Claimed {
    if HERE.with(|here| here.word.get().is_aside()) {
        return claim_unobserved(options, context, message, describe, sent);
    }
    // Read from the context before the context is moved.
    let of_send = context.clone_unsampled();
    observe::claimed();
    let mut claimed = claim_unobserved(options, context, message, describe, sent);
    let mut number = observe::claimed();
    if let Some(active) = &claimed.base {
        // The handler ends the handling, and the span does not.
        number = active.handling.swap(0, Relaxed);
    }
    if number == 0 {
        let sent_by = claimed.base.as_ref().map_or(&of_send, |active| &active.sender);
        let message = describe.message_type(message);
        number = HERE.with(|here| {
            observed(here, message, options, sent_by, None, |received| observe::start(observer, received))
        });
        if let Some(active) = &claimed.base {
            active.tell_sampled(observer, number);
        }
    } else if let Some((id, actor)) = Handling::followed(number).zip(options.and_then(Options::actor_name))
        && HERE.with(|here| here.options.get()?.actor_name()).is_none()
    {
        call(|| observer.claimed(id, actor));
    }
    claimed.word = claimed.word.with_skip_next(Handling::followed(number).map_or(0, HandlingId::get));
    claimed
}

/// Claims like [`claim`], without telling the observer.
#[inline]
pub(crate) fn claim_unobserved<M>(
    options: Option<&'static Options>,
    context: MessageContext,
    message: &M,
    describe: Describe<M>,
    sent: SentAs,
) -> Claimed {
    let mode = HERE.with(|here| {
        let word = here.word.get();
        let takes = context.may_claim() && word.takes_plain() && takes_unsampled(here, message, describe);
        takes.then(|| word.mode())
    });
    let Some(mode) = mode else { return claim_slow(options, context, message, describe, sent) };
    std::mem::forget(context); // a tag: nothing to free, and no drop glue here
    Claimed::of_mode(mode)
}

/// Returns whether the handler is unsampled without a search. If the open message is the handler's, it is taken out.
#[inline]
fn takes_unsampled<M>(here: &Here, message: &M, describe: Describe<M>) -> bool {
    let word = here.word.get();
    if !word.is_open() {
        return true;
    }
    let Some(slot) = here.slot.get() else { return false };
    if !slot.is_open(word.epoch()) {
        return false;
    }
    if word.tag() == Tag::of(describe.kind(message)) {
        if !slot.is_named(std::any::type_name::<M>()) {
            return false;
        }
        slot.claim(word.epoch());
        here.word.set(word.settled());
    }
    true
}

/// Starts one span for an operation on several messages, which have these contexts.
pub(crate) fn claim_batch<M>(
    options: Option<&'static Options>,
    contexts: Vec<MessageContext>,
    operation: &M,
    describe: Describe<M>,
) -> Claimed {
    let surroundings = unscoped::here(|here| Surroundings::of(here, options));
    start_batch(contexts, || describe.of(operation), &surroundings).into()
}

/// Returns the flow of a handler whose message its sender dropped, if nothing else has to be considered.
#[inline]
pub(crate) fn claim_dropped(context: &MessageContext, options: &'static Options) -> Option<LightFlow> {
    if is_observed() || scope::any() || HERE.with(|here| here.word.get().has_instance()) {
        return None;
    }
    Some(LightFlow::of_mode(dropped_by_sender(context)?, options))
}

#[inline(never)]
fn claim_slow<M>(
    options: Option<&'static Options>,
    context: MessageContext,
    message: &M,
    describe: Describe<M>,
    sent: SentAs,
) -> Claimed {
    if context.may_claim()
        // The observer must be told which message it is.
        && !(is_recording() || is_observed())
        && let Some(mode) = HERE.with(light_mode)
    {
        // No open message has a span, and no span is started.
        return Claimed::of_mode(mode);
    }
    if let Some(mode) = dropped_by_sender(&context) {
        return Claimed::of_mode(mode);
    }
    if context.is_plainly_absent() && !context.may_claim() && !is_recording() {
        // It was stashed or comes from a framework's mailbox, and nobody records it.
        count_skipped();
        return Claimed::of_mode(SamplingMode::Unrecorded);
    }
    let kind = describe.kind(message);
    let identity = Identity::new::<M>(kind);
    let surroundings = || unscoped::here(|here| Surroundings::of(here, options));
    let context = if context.may_claim() {
        let claimed = |active: Arc<ActiveSpan>| {
            active.rename(|| surroundings().options.and_then(Options::actor_name));
            Claimed::of_span(active)
        };
        if let Some(only) = unscoped::here(|here| here.claim_only(identity)) {
            return claimed(only);
        }
        match unscoped::here(|here| Found::of(here, identity)) {
            Found::Active(active) => return claimed(active),
            Found::Unsampled(mode) => return Claimed::of_mode(mode),
            Found::Context(context) => context,
            // A direct call continues the caller's span, whether it is ours or OpenTelemetry's.
            Found::Nothing => {
                let context = capture(|| kind);
                if context.is_absent() && is_recording() {
                    warn_of_root(identity, &surroundings());
                }
                context
            }
            Found::Several(senders) => return ambiguous(&senders, &surroundings(), message, describe),
        }
    } else {
        context
    };
    let describe = || Description { sent, ..describe.of(message) };
    let started = start(context, describe, &Claimable::Claimed, &surroundings());
    started.into()
}

/// Returns the mode of a flow that continues the current one, if the words alone determine it.
fn light_mode(here: &Here) -> Option<SamplingMode> {
    let word = here.word.get();
    if !word.is_light() || !word.is_scoped() && unscoped::is_used() {
        return None;
    }
    here.prune();
    Some(here.word.get().mode().inherited())
}

impl From<Started> for Claimed {
    fn from(started: Started) -> Self {
        match started {
            Started::Active(active) => Self::of_span(active),
            Started::Unsampled(mode) => Self::of_mode(mode),
        }
    }
}

/// The message that a bare message was identified as.
enum Found {
    /// An open message, which is now claimed.
    Active(Arc<ActiveSpan>),
    /// An unsampled message.
    Unsampled(SamplingMode),
    /// A message whose span has already ended. The handler's span becomes its child.
    Context(MessageContext),
    /// One of several open messages.
    Several(Vec<SampledContext>),
    /// No known message.
    Nothing,
}

impl Found {
    fn of(here: &Here, identity: Identity) -> Self {
        here.prune();
        if let Some(found) = Self::open_here(here, identity) {
            return found;
        }
        if here.word.get().has_list() {
            return Self::Nothing;
        }
        Self::open_where_spawned(here, identity)
            .or_else(|| Self::open_nowhere(here, identity))
            .or_else(|| Self::ended(here, identity))
            .unwrap_or(Self::Nothing)
    }

    /// Searches the messages that another flow ended before they were handled.
    fn ended(here: &Here, identity: Identity) -> Option<Self> {
        let last = here.ask_rest(|rest| match &rest.last {
            Some(last) if last.is_lost(identity) => rest.last.take(),
            _ => None,
        });
        if let Some(last) = last {
            return Some(Self::below(last.context()));
        }
        let last = here.ask_rest(|rest| rest.last_unsampled.take_if(|last| last.can_be(identity)));
        if let Some(last) = last {
            return Some(Self::Unsampled(last.mode));
        }
        if !here.word.get().is_task() {
            return None;
        }
        match unscoped::find(identity)? {
            Closed::Unsampled(closed) => Some(Self::Unsampled(closed.mode)),
            Closed::Sampled { context, .. } => Some(Self::below(&context)),
        }
    }

    /// Continues a span that has ended.
    fn below(ended: &SampledContext) -> Self {
        Self::Context(MessageContext::sampled(SampledContext { sent: None, ..ended.clone() }))
    }

    /// Searches the open messages of this flow.
    fn open_here(here: &Here, identity: Identity) -> Option<Self> {
        let word = here.word.get();
        let top = here.top_unsampled(word).is_some_and(|top| top.can_be(identity));
        let found = here.ask_rest(|rest| {
            let open = rest.list.iter().enumerate().filter(|(_, entry)| entry.can_be(identity));
            let open = open.map(|(at, _)| Candidate::Open(at));
            let waiting = rest.waiting.iter().enumerate().filter(|(_, closed)| closed.could_be(identity));
            let mut all = open.chain(waiting.map(|(at, _)| Candidate::Waiting(at)));
            let first = all.next()?;
            let others: Vec<Candidate> = all.collect();
            if others.is_empty() && !top {
                return Some(Ok(first));
            }
            let contexts =
                std::iter::once(first).chain(others).filter_map(|candidate| candidate.context(rest));
            Some(Err(contexts.collect::<Vec<_>>()))
        });
        match found {
            Some(Ok(Candidate::Open(at))) => here.remove(at).map(Self::taken),
            Some(Ok(Candidate::Waiting(at))) => {
                here.ask_rest(|rest| Some(rest.waiting.remove(at))).map(Self::taken)
            }
            Some(Err(contexts)) => Some(Self::Several(contexts)),
            None if top => {
                if let Some(slot) = here.slot.get() {
                    slot.claim(word.epoch());
                }
                here.pop_unsampled(word);
                Some(Self::Unsampled(word.mode()))
            }
            None => None,
        }
    }

    /// Searches the messages that this thread received outside of any flow.
    ///
    /// Their task is not known, so if several match, none is used.
    fn open_nowhere(here: &Here, identity: Identity) -> Option<Self> {
        let entry = here.ask_rest(|rest| {
            let mut open = rest.nowhere.iter().enumerate().filter(|(_, entry)| entry.can_be(identity));
            let (at, _) = open.next()?;
            open.next().is_none().then(|| rest.nowhere.remove(at))
        })?;
        Some(Self::taken(entry))
    }

    /// Claims an open message that has been taken out of the flow.
    fn taken(entry: Entry) -> Self {
        match entry {
            Entry::Unsampled(open) => {
                open.slot.claim(open.epoch);
                Self::Unsampled(open.mode)
            }
            Entry::Active { active, withdrawn } if active.life.claim(!withdrawn) => Self::Active(active),
            // Another thread ended it first.
            Entry::Active { active, .. } => Self::Context(MessageContext::sampled(active.context().clone())),
        }
    }

    /// Searches the flow that spawned this one, and the message whose receiver was dropped in this poll.
    fn open_where_spawned(here: &Here, identity: Identity) -> Option<Self> {
        let found = here.ask_rest(|rest| {
            let is_it =
                |active: &mut Arc<ActiveSpan>| active.identity.is_some_and(|other| other.is(identity));
            rest.claimable.take_if(is_it).or_else(|| rest.dying.take_if(is_it))
        })?;
        found.life.claim(true).then_some(Self::Active(found))
    }
}

/// The place of a message that may be the one searched for.
enum Candidate {
    Open(usize),
    Waiting(usize),
}

impl Candidate {
    fn context(self, rest: &Rest) -> Option<SampledContext> {
        let entry = match self {
            Self::Open(at) => rest.list.get(at)?,
            Self::Waiting(at) => rest.waiting.get(at)?,
        };
        let Entry::Active { active, .. } = entry else { return None };
        active.set_used();
        Some(active.context().clone())
    }
}

/// Starts a root for a message that may be one of several, with links to all of them.
fn ambiguous<M>(
    senders: &[SampledContext],
    surroundings: &Surroundings,
    message: &M,
    describe: Describe<M>,
) -> Claimed {
    count_ambiguous();
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Relaxed) {
        warn::ambiguous(std::any::type_name::<M>());
    }
    super::start::start_linked(senders, || describe.of(message), surroundings).into()
}

fn warn_of_root(identity: Identity, surroundings: &Surroundings) {
    let in_loop = HERE.with(|here| here.word.get().is_scoped());
    if in_loop && surroundings.options.is_none() || !in_loop && tokio::task::try_id().is_none() {
        return;
    }
    let actor = surroundings.options.and_then(Options::actor_name).unwrap_or("a handler");
    warn::handled_unreceived(identity.type_name(), actor, in_loop);
}

/// Stashes a message: discards the span that its receive opened, and returns the context that it came with.
pub(crate) fn hold<M>(message: &M, describe: Describe<M>) -> MessageContext {
    let identity = Identity::new::<M>(describe.kind(message));
    observe::claimed();
    let found = unscoped::here(|here| Found::of(here, identity));
    observe::held(observe::claimed());
    match found {
        Found::Active(active) => active.hold(),
        Found::Unsampled(mode) => mode.context(),
        Found::Context(context) => context,
        Found::Several(_) => {
            count_ambiguous();
            MessageContext::ABSENT
        }
        // A message that was not received here gets the current context.
        Found::Nothing => capture(|| identity.kind()),
    }
}
